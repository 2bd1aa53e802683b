// Why something was raised, or why it was not: the sentence, what led to it, how rare it is, what each model said, the rows around.

import { computed, useSignal, useSignalEffect } from '@preact/signals';
import type { EpisodeBar, Moment, RowInfo } from '../../src/wire.js';
import { Question } from '../state/ask.js';
import { at, go } from '../state/place.js';
import { about, chosen, lanes } from '../state/store.js';
import { countOf, lengthOf, momentOf } from '../state/words.js';
import { Answer } from './answer.js';
import { Around } from './around.js';
import { Contributions } from './contributions.js';
import { Models, Rarity, Topics, Words } from './parts.js';

const question = new Question<Moment>('moment');
/** By itself, so that an episode that grows asks anew only when its peak moves. */
const peakOf = computed(() => chosen.value?.peak ?? 0);

export function Why() {
  const answer = useSignal<Moment | undefined>(undefined);
  const trouble = useSignal('');
  useSignalEffect(() => {
    const key = at.key.value;
    const time = at.moment.value || peakOf.value;
    if (!key || !time) return;
    question
      .ask({ key, time })
      .then((given) => {
        if (given) [answer.value, trouble.value] = [given, ''];
      })
      .catch((fault: Error) => {
        trouble.value = fault.message;
      });
  });
  const episode = at.moment.value ? undefined : chosen.value;
  if (!episode && !at.moment.value)
    return (
      <p class="nothing">
        Choose an episode to read why it was raised, or click any moment of a picture to read why nothing was.
      </p>
    );
  const row = answer.value?.row ?? null;
  return (
    <article class="why">
      {episode ? (
        <Head episode={episode} />
      ) : (
        <MomentHead row={row} moment={at.moment.value} known={answer.value !== undefined} />
      )}
      {trouble.value ? <p class="trouble">{trouble.value}</p> : null}
      {row ? (
        <>
          <Rarity row={row} />
          <Contributions row={row} />
          {episode ? <Topics episode={episode} /> : null}
          {episode ? <Words episode={episode} /> : null}
          {episode ? <Answer episode={episode} /> : null}
          <Models row={row} />
          <Around moment={answer.value!} columns={episode?.columns ?? []} />
        </>
      ) : episode ? (
        <>
          <Topics episode={episode} />
          <Words episode={episode} />
          <Answer episode={episode} />
        </>
      ) : null}
    </article>
  );
}

function Head({ episode }: { episode: EpisodeBar }) {
  return (
    <>
      <p class="badges">
        <span class={`badge ${episode.severity}`}>{episode.severity}</span>
        {episode.status === 'open' ? <span class="badge open">open</span> : null}
        <strong>{episode.key}</strong>
      </p>
      <p class="sentence">{episode.reason}</p>
      <PartOf episode={episode} />
      <dl class="facts">
        <div>
          <dt>began</dt>
          <dd>{momentOf(episode.start)}</dd>
        </div>
        <div>
          <dt>peak</dt>
          <dd>{episode.peak === episode.start ? 'at once' : `${lengthOf(episode.peak - episode.start)} later`}</dd>
        </div>
        <div>
          <dt>{episode.status === 'open' ? 'so far' : 'lasted'}</dt>
          <dd>
            {episode.end > episode.start ? `${lengthOf(episode.end - episode.start)}, ${countOf(episode.rows)} rows` : 'one row'}
          </dd>
        </div>
      </dl>
    </>
  );
}

/** Leads to the incident that an episode is part of. */
function PartOf({ episode }: { episode: EpisodeBar }) {
  const whole = lanes.value?.incidents.find(({ id, episodes }) => id === episode.incident || episodes.includes(episode.id));
  if (!whole) return null;
  return (
    <p class="quiet">
      One of {whole.keys} keys that began together{whole.key === episode.key ? ', the first' : `, ${whole.key} first`}.{' '}
      <button type="button" class="plain" onClick={() => go({ incident: whole.id, tab: 'episodes' })}>
        show them
      </button>
    </p>
  );
}

function MomentHead({ row, moment, known }: { row: RowInfo | null; moment: number; known: boolean }) {
  const kind = about.value?.kind ?? 'row';
  const word = !row ? '' : row.anomalous ? 'anomaly' : row.judged ? 'usual' : 'not judged';
  return (
    <>
      <p class="badges">
        {word ? <span class={`badge ${row?.anomalous ? 'critical' : row?.judged ? 'calm' : 'unjudged'}`}>{word}</span> : null}
        <strong>{at.key.value}</strong> <span class="quiet">{momentOf(row?.time ?? moment)}</span>
      </p>
      <p class="sentence">
        {row
          ? verdictOf(row)
          : known
            ? `There is no ${kind} near this moment: nothing came, or it is not kept any more.`
            : 'Asking …'}
      </p>
    </>
  );
}

function verdictOf(row: RowInfo): string {
  if (row.reason) return row.judged ? row.reason : `It was not judged: ${row.reason}.`;
  if (!row.judged) return 'It was not judged, and nothing is known of the reason.';
  const { score, threshold } = row;
  if (score === null || threshold === null || !threshold) return 'Nothing was odd about it.';
  const part = score / threshold;
  return part < 1
    ? `Nothing was raised: its score is ${Math.round(part * 100)} % of the threshold.`
    : 'Its score is above the threshold, but it was not raised.';
}
