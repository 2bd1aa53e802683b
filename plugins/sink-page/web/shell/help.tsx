// Help: the keys and the signs of the page.

import { signal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';

export const helping = signal(false);

const KEYS: readonly [string, string][] = [
  ['/', 'search keys'],
  ['j  k', 'next, previous episode'],
  ['↓  ↑', 'next, previous key, in the lanes'],
  ['←  → Enter', 'in the lanes: cell by cell, and what was there'],
  ['a  n', 'the episode is an anomaly, is normal'],
  ['m', 'mute the key for 30 minutes'],
  ['u', 'take back what was said'],
  ['space', 'follow what comes, or stand still'],
  ['← →  + −', 'move in time, show less or more of it'],
  ['w', 'why, or why not: at the hand or at the end'],
  ['r', 'mark a stretch to rank'],
  ['1 … 5', 'episodes, why, rank, what if, state'],
  ['Esc', 'close, let go'],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useSignalEffect(() => {
    if (helping.value) dialog.current?.showModal();
    else dialog.current?.close();
  });
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (helping.value = false)}>
      <h2 id="help-title">What one sees, and what one can ask</h2>
      <p>
        Each lane is one key, with time to the right. The strip is cool while rows are usual and hot from the threshold on; bars
        below it are episodes, a mark is their peak, an arrow says that one goes on. Hatched: known to be lost.
      </p>
      <p>
        Choose a key to see all of it: lines over the pale band that is usual for them. Click an episode to read why it was
        raised, or any moment to read why nothing was.
      </p>
      <p>
        Drag to look closer, double-click to show more, drag with shift to rank what was odd. A dashed line is a limit: drag it to
        try another.
      </p>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
