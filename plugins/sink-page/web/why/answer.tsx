// Answering back: anomaly, normal or mute, with a note and a name; who said what, and taking it back.

import { useSignal } from '@preact/signals';
import type { EpisodeBar, LabelInfo, SaidBefore } from '../../src/wire.js';
import { tell } from '../state/ask.js';
import { momentOf } from '../state/words.js';
import { callYourself, mute, note, say, told, undo, who } from './say.js';

const MINUTE = 60_000;
export const MUTES: readonly { readonly title: string; readonly ms: number }[] = [
  { title: '30 min', ms: 30 * MINUTE },
  { title: '2 h', ms: 120 * MINUTE },
  { title: '24 h', ms: 1_440 * MINUTE },
];

export function Answer({ episode }: { episode: EpisodeBar }) {
  const { label } = episode;
  return (
    <section class="answer">
      <h3>What do you say?</h3>
      {label ? (
        <p class="said">
          <span class={`badge ${label.label === 'anomaly' ? 'critical' : 'calm'}`}>{label.label}</span> said by{' '}
          <strong>{label.by || 'somebody'}</strong>, {momentOf(label.at)}
          {label.muteUntil ? `; muted until ${momentOf(label.muteUntil)}` : ''}
          {label.note ? <q>{label.note}</q> : null}
        </p>
      ) : null}
      {label ? <Taught label={label} /> : null}
      <div class="buttons">
        <button type="button" aria-pressed={label?.label === 'anomaly'} onClick={() => void say('anomaly')}>
          Anomaly <kbd>a</kbd>
        </button>
        <button type="button" aria-pressed={label?.label === 'normal'} onClick={() => void say('normal')}>
          Normal <kbd>n</kbd>
        </button>
        <button type="button" disabled={!label} onClick={() => void undo()}>
          Undo <kbd>u</kbd>
        </button>
      </div>
      <div class="buttons">
        <span class="quiet">
          Mute the key <kbd>m</kbd>
        </span>
        {MUTES.map(({ title, ms }) => (
          <button key={title} type="button" onClick={() => void mute(ms)}>
            {title}
          </button>
        ))}
      </div>
      <div class="fields">
        <label>
          Note
          <input type="text" maxLength={500} value={note} onInput={(event) => (note.value = event.currentTarget.value)} />
        </label>
        <label>
          Name
          <input
            type="text"
            maxLength={80}
            value={who}
            autocomplete="name"
            onInput={(event) => callYourself(event.currentTarget.value)}
          />
        </label>
      </div>
      <Before key={`${episode.id} ${label?.at}`} episode={episode.id} />
      <p class="quiet" role="status">
        {told}
      </p>
    </section>
  );
}

/** What a label changes from when on. */
function Taught({ label: { label, since, muteOnly } }: { label: LabelInfo }) {
  if (since === undefined && muteOnly) return null;
  const what = label === 'normal' ? 'are judged as usual' : 'are anomalies';
  return (
    <p class="quiet">
      {since === undefined
        ? `Rows like these ${what} once the pipeline has heard of it, within seconds.`
        : `Rows like these ${what} since ${momentOf(since)}.`}
    </p>
  );
}

/** Everything that was ever said of an episode, asked for when somebody wants to know. */
function Before({ episode }: { episode: string }) {
  const list = useSignal<readonly SaidBefore[] | undefined>(undefined);
  const asked = async (open: boolean) => {
    if (open) list.value = await tell<readonly SaidBefore[]>('labels/past', { episode }).catch(() => []);
  };
  return (
    <details onToggle={(event) => void asked(event.currentTarget.open)}>
      <summary class="quiet">All that was said</summary>
      {list.value?.length === 0 ? <p class="quiet">Nothing yet.</p> : null}
      <ol>
        {(list.value ?? []).map((one) => (
          <li key={one.at} class={one.takenBack ? 'taken-back' : ''}>
            {momentOf(one.at)}: {one.label}, {one.by || 'somebody'}
            {one.note ? `: ${one.note}` : ''}
            {one.takenBack ? ' (taken back)' : ''}
          </li>
        ))}
      </ol>
    </details>
  );
}
