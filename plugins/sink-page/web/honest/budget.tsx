// What was raised against what the budget allows, in the stretch that is shown: of all keys, and of each.

import { chooseKey, ordered } from '../lanes/order.js';
import { about, lanes } from '../state/store.js';
import { countOf } from '../state/words.js';

/** Keys that are named. */
const NAMED = 20;

type Counted = { readonly raised: number; readonly allowed: number };

const few = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
export const allowedOf = (allowed: number) => (allowed >= 10 ? countOf(Math.round(allowed)) : few.format(allowed));

/** `3 raised, 2.1 allowed` */
export const againstOf = ({ raised, allowed }: Counted) => `${countOf(raised)} raised, ${allowedOf(allowed)} allowed`;

export const YOUNG = 'not promised yet: calibration is young';

/** Why the budget of a key cannot be promised yet. */
export const youngOf = ({ borrows }: { readonly borrows?: true }) =>
  borrows ? 'not promised yet: it has no past of its own, and is judged by what other keys have shown' : YOUNG;

const surplus = ({ raised, allowed }: Counted) => raised - allowed;

export function BudgetView() {
  const alarms = about.value?.alarms;
  const all = lanes.value?.lanes ?? [];
  if (alarms?.perDay === null || alarms === undefined || all.length === 0) return null;
  const known = ordered.value.filter(({ allowed }) => allowed > 0).sort((x, y) => surplus(y) - surplus(x));
  const total = { raised: 0, allowed: 0 };
  for (const { raised, allowed } of all) {
    total.raised += raised;
    total.allowed += allowed;
  }
  const young = all.filter((lane) => lane.young).length;
  const borrowing = all.filter((lane) => lane.borrows).length;
  return (
    <section class="budget">
      <h3 title="Rows that the budget could rule on and that were beyond it, against those that it allows while nothing is wrong">
        Raised against allowed
      </h3>
      <p class="quiet">In what is shown; {alarms.about}.</p>
      <dl class="facts two">
        <div>
          <dt>{alarms.of === 'pipeline' ? 'the whole pipeline' : 'all keys'}</dt>
          <dd>{total.allowed > 0 ? againstOf(total) : 'nothing could be ruled on yet'}</dd>
        </div>
        {young ? (
          <div class="bad">
            <dt>{YOUNG}</dt>
            <dd>
              {countOf(young)} of {countOf(all.length)} keys
            </dd>
          </div>
        ) : null}
        {borrowing ? (
          <div class="bad">
            <dt>of these judged by what other keys have shown</dt>
            <dd>{countOf(borrowing)}</dd>
          </div>
        ) : null}
        {known.slice(0, NAMED).map((lane) => (
          <div key={lane.key} title={lane.young ? youngOf(lane) : ''}>
            <dt>
              <button type="button" class="plain" onClick={() => chooseKey(lane.key)}>
                {lane.key}
              </button>
            </dt>
            <dd>
              {againstOf(lane)}
              {lane.borrows ? ' (borrowed)' : lane.young ? ' (young)' : ''}
            </dd>
          </div>
        ))}
      </dl>
      {known.length > NAMED ? <p class="quiet">The {NAMED} keys that are furthest beyond it.</p> : null}
    </section>
  );
}
