// What there is to say of a row or an episode, a part each: how rare it is, which rules spoke, what each model said.

import type { EpisodeBar, RowInfo } from '../../src/wire.js';
import { about, columnOf } from '../state/store.js';
import { numberOf, secondOf, withUnit } from '../state/words.js';

export function Rarity({ row }: { row: RowInfo }) {
  const { score, threshold } = row;
  const part = score !== null && threshold ? score / threshold : null;
  // Where the row's own sentence says it already, from all of its calibration, that holds; here it is counted over the rows that are kept.
  const often = /rarer than|(about|at most) once in/.test(row.reason ?? '') ? '' : row.often;
  return (
    <section>
      {part === null ? null : (
        <div class="gauge" role="img" aria-label={`score ${numberOf(score)}, threshold ${numberOf(threshold)}`}>
          <i class={part >= 1 ? 'high' : ''} style={{ width: `${Math.min(100, (part / 2) * 100)}%` }} />
          <b />
        </div>
      )}
      <p class="quiet">
        {part === null
          ? row.anomalous
            ? 'decided by a rule'
            : 'no score'
          : `score ${numberOf(score)}, threshold ${numberOf(threshold)}`}
        {often ? `; as odd as this: ${often}` : ''}
        {row.pValue === null ? '' : ` (p ${numberOf(row.pValue)})`}
      </p>
    </section>
  );
}

/** The limits that a topic is about: its name ends with that of the rule, which begins the rule's text. */
const limitsOf = (topic: EpisodeBar['topics'][number]) =>
  (about.value?.limits ?? []).filter((limit) => topic.name.split('/').at(-1) === limit.text.split(':')[0]);

/** When a topic was found, whether it is over, and how often it has come back. */
function spanOf({ time, last, over, again }: EpisodeBar['topics'][number]): string {
  const until = over && last !== undefined ? ` to ${secondOf(last)}` : '';
  return `${secondOf(time)}${until}${again ? `, ${again}× again` : ''}`;
}

/** What rules found in an episode. */
export function Topics({ episode }: { episode: EpisodeBar }) {
  const found = episode.topics.filter(({ said }) => !said);
  if (found.length === 0) return null;
  return (
    <section>
      <h3>Rules</h3>
      <ul class="rules">
        {found.map((topic) => (
          <li key={topic.name}>
            <span class={`badge ${topic.severity}`}>{topic.name}</span> <span class="quiet">{spanOf(topic)}</span>
            {topic.reason === episode.reason ? null : <p>{topic.reason}</p>}
            {limitsOf(topic).map((limit) => (
              <p key={`${limit.column} ${limit.value}`} class="quiet">
                limit: {limit.column} {limit.is} {withUnit(limit.value, columnOf.value.get(limit.column)?.unit)}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the entity said of itself meanwhile. */
export function Words({ episode }: { episode: EpisodeBar }) {
  const words = episode.topics.filter(({ said }) => said);
  if (words.length === 0) return null;
  return (
    <section>
      <h3>What it said itself</h3>
      <ul class="rules">
        {words.map((topic) => (
          <li key={topic.name}>
            <span class={`badge ${topic.severity}`}>{topic.severity}</span> <span class="quiet">{spanOf(topic)}</span>
            <p>{topic.reason}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Models({ row }: { row: RowInfo }) {
  if (row.models.length === 0) return null;
  return (
    <section>
      <h3>Models</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">model</th>
            <th scope="col">score</th>
            <th scope="col">threshold</th>
            <th scope="col">p</th>
          </tr>
        </thead>
        <tbody>
          {row.models.map((model) => (
            <tr
              key={model.name}
              class={model.score !== null && model.threshold !== null && model.score > model.threshold ? 'above' : ''}
            >
              <th scope="row">{model.name}</th>
              <td>{numberOf(model.score)}</td>
              <td>{numberOf(model.threshold)}</td>
              <td>{numberOf(model.pValue)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
