// The rows around a moment as a small table: the columns that matter first.

import type { Moment } from '../../src/wire.js';
import { columnOf } from '../state/store.js';
import { numberOf, secondOf, unitOf } from '../state/words.js';
import { askMoment } from '../time/pointer.js';

const MOST = 5;

export function Around({ moment, columns }: { moment: Moment; columns: readonly string[] }) {
  const { row, around } = moment;
  if (!row || around.length === 0) return null;
  const far = Object.entries(row.away).sort((x, y) => Math.abs(y[1] ?? 0) - Math.abs(x[1] ?? 0));
  const names = [...new Set([...columns, ...far.map(([name]) => name), ...Object.keys(row.values)])].slice(0, MOST);
  return (
    <section>
      <h3>Rows around</h3>
      <div class="wide">
        <table class="around">
          <thead>
            <tr>
              <th scope="col">time</th>
              <th scope="col">score</th>
              {names.map((name) => (
                <th key={name} scope="col" title={columnOf.value.get(name)?.about}>
                  {name} <small>{unitOf(columnOf.value.get(name)?.unit)}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {around.map((one) => (
              <tr
                key={one.time}
                class={`${one.anomalous ? 'above' : ''} ${one.judged ? '' : 'unjudged'} ${one.time === row.time ? 'this' : ''}`}
                aria-current={one.time === row.time ? 'true' : undefined}
              >
                <th scope="row">
                  <button type="button" class="plain" onClick={() => askMoment(one.time)}>
                    {secondOf(one.time)}
                  </button>
                </th>
                <td>{numberOf(one.score)}</td>
                {names.map((name) => (
                  <td key={name}>{numberOf(one.values[name])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
