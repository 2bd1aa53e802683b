// Incidents: what several keys began together, as a mark above the lanes and as an entry in the list; either leads to its keys.

import { useSignal } from '@preact/signals';
import type { IncidentInfo } from '../../src/wire.js';
import { at, go } from '../state/place.js';
import { range } from '../state/range.js';
import { incident, incidents } from '../state/store.js';
import { lengthOf, minuteOf, momentOf } from '../state/words.js';
import { percentOf } from '../time/pointer.js';
import { chooseIncident } from './order.js';

/** So many are in the list at first; more by a button. */
const MOST = 5;

/** `5 keys since 02:31, first db-3`. */
const nameOf = ({ keys, start, key, status }: IncidentInfo) =>
  `${keys} keys ${status === 'open' ? 'since' : 'at'} ${minuteOf(start)}, first ${key}`;

const toldOf = (one: IncidentInfo) =>
  `${one.severity}, ${one.status === 'open' ? 'open' : lengthOf(one.end - one.start)}: ${nameOf(one)}: ${one.reason}`;

/** A strip above the lanes, as long as there is an incident to be seen. */
export function IncidentStrip() {
  const span = range.value;
  if (incidents.value.length === 0) return null;
  const percent = (time: number) => Math.min(100, Math.max(0, percentOf(time, span)));
  return (
    <section class="incident-strip row-of-time" aria-label="Incidents">
      <div class="gutter" title="Keys that began to be odd together, more of them than chance brings">
        Incidents
      </div>
      <div class="plot">
        {incidents.value.map((one) => (
          <button
            key={one.id}
            type="button"
            class={`bar ${one.severity} ${one.status} ${one.id === at.incident.value ? 'chosen' : ''}`}
            style={{ left: `${percent(one.start)}%`, width: `${percent(one.end) - percent(one.start)}%` }}
            title={`${momentOf(one.start)}: ${toldOf(one)}`}
            aria-label={toldOf(one)}
            onClick={() => chooseIncident(one)}
          />
        ))}
      </div>
    </section>
  );
}

export function IncidentList() {
  const most = useSignal(MOST);
  const one = incident.value;
  if (one)
    return (
      <section class="incidents">
        <Entry one={one} />
        <p class="quiet">
          {one.names.length < one.keys ? `The first ${one.names.length} of its keys. ` : ''}
          {one.columns.length ? `Led by ${one.columns.join(', ')}. ` : ''}
          <button type="button" class="plain" onClick={() => go({ incident: '' })}>
            show all keys
          </button>
        </p>
      </section>
    );
  const more = incidents.value.length - most.value;
  return incidents.value.length === 0 ? null : (
    <section class="incidents">
      <h3>Incidents</h3>
      {incidents.value.slice(0, most.value).map((found) => (
        <Entry key={found.id} one={found} />
      ))}
      {more > 0 ? (
        <button type="button" onClick={() => (most.value += MOST)}>
          {more} more
        </button>
      ) : null}
    </section>
  );
}

function Entry({ one }: { one: IncidentInfo }) {
  return (
    <button
      type="button"
      class={`episode ${one.severity}`}
      aria-current={one.id === at.incident.value ? 'true' : undefined}
      onClick={() => chooseIncident(one)}
    >
      <span class="key">{nameOf(one)}</span>
      <span class="how">
        {one.severity}, {one.status === 'open' ? 'open' : lengthOf(one.end - one.start)}
      </span>
      <span class="what">{one.reason}</span>
    </button>
  );
}
