// One lane for each key, time to the right: only those in sight are drawn.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Lane } from '../../src/wire.js';
import { theme } from '../shell/colours.js';
import { at, go } from '../state/place.js';
import { range } from '../state/range.js';
import { lanes } from '../state/store.js';
import { lengthOf, momentOf, numberOf } from '../state/words.js';
import { Over } from '../time/axis.js';
import { cursor, handOf } from '../time/pointer.js';
import { plotWidth } from '../time/width.js';
import { ghosts } from '../whatif/asked.js';
import { drawLanes, episodeAt, ROW } from './draw.js';
import { chooseEpisode, chooseKey, ordered, stepLane } from './order.js';

const PAGE = 10;
/** How odd a row is that a rule has decided. */
const DECIDED = 2;

export function LanesView() {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroll = useSignal(0);
  const height = useSignal(200);
  useEffect(() => {
    const watcher = new ResizeObserver(() => {
      height.value = scroller.current?.clientHeight ?? 200;
    });
    watcher.observe(scroller.current!);
    return () => watcher.disconnect();
  }, []);
  useSignalEffect(() => {
    const all = lanes.value;
    const picture = {
      width: plotWidth.value,
      height: height.value,
      scroll: scroll.value,
      span: range.value,
      lanes: ordered.value,
      chosenKey: at.key.value,
      chosenEpisode: at.episode.value,
      ghosts: ghosts.value,
    };
    theme.value;
    if (!all || !canvas.current) return;
    const frame = requestAnimationFrame(() => drawLanes({ ...picture, all, canvas: canvas.current! }));
    return () => cancelAnimationFrame(frame);
  });
  // What is chosen by the keyboard or by a link is brought into sight.
  useSignalEffect(() => {
    const index = ordered.value.findIndex((lane) => lane.key === at.key.value);
    const element = scroller.current;
    if (index < 0 || !element || element.dataset.seen === at.key.value) return;
    element.dataset.seen = at.key.value;
    if (index * ROW < element.scrollTop) element.scrollTop = index * ROW;
    else if ((index + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (index + 1) * ROW - element.clientHeight;
  });
  const told = useSignal('');
  /** What is to be seen of a lane at a moment, as a click has it. */
  const ask = (lane: Lane, time: number) => {
    const { from, to } = range.peek();
    const episode = episodeAt(lane, time, ((to - from) / plotWidth.peek()) * 4);
    if (episode) chooseEpisode(episode.id, lane.key);
    else go({ key: lane.key, episode: '', moment: Math.round(time), tab: 'why' });
  };
  /** Goes from one cell of the chosen lane to the next, and says what it is. */
  const stepCell = (by: number) => {
    const [all, lane] = [lanes.peek(), ordered.peek().find(({ key }) => key === at.key.peek())];
    if (!all || !lane || lane.heat.length === 0) return;
    const cell = (all.to - all.from) / lane.heat.length;
    const index = cursor.peek() ? Math.floor((cursor.peek() - all.from) / cell) + by : lane.heat.length - 1;
    const i = Math.min(lane.heat.length - 1, Math.max(0, index));
    cursor.value = all.from + (i + 0.5) * cell;
    const odd = lane.heat[i] ?? null;
    const episode = episodeAt(lane, cursor.peek(), cell / 2);
    told.value = `${lane.key}, ${momentOf(cursor.peek())}, ${odd === null ? 'not judged' : `odd ${numberOf(odd)}`}${episode ? `, ${episode.severity}: ${episode.reason}` : ''}`;
  };
  const hand = handOf((time, event) => {
    const box = scroller.current!.getBoundingClientRect();
    const lane = ordered.peek()[Math.floor((event.clientY - box.top + scroller.current!.scrollTop) / ROW)];
    if (lane) ask(lane, time);
  });
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: PAGE,
    PageUp: -PAGE,
    Home: -1e9,
    End: 1e9,
  };
  const cells: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
  const list = ordered.value;
  const first = Math.max(0, Math.floor(scroll.value / ROW) - 2);
  const seen = list.slice(first, Math.ceil((scroll.value + height.value) / ROW) + 2);
  const active = seen.findIndex((lane) => lane.key === at.key.value);
  return (
    <div class="lanes" style={{ '--rows': list.length }}>
      <div
        ref={scroller}
        class="scroller"
        role="listbox"
        tabIndex={0}
        aria-label={`${list.length} keys`}
        aria-activedescendant={active >= 0 ? `lane-${first + active}` : undefined}
        onScroll={(event) => {
          scroll.value = event.currentTarget.scrollTop;
        }}
        onClick={(event) => {
          const key = (event.target as Element).closest<HTMLElement>('[data-key]')?.dataset.key;
          if (key !== undefined) chooseKey(key);
        }}
        onKeyDown={(event) => {
          const [step, cell] = [steps[event.key], cells[event.key]];
          const lane = list.find(({ key }) => key === at.key.peek());
          if (step !== undefined) stepLane(step);
          else if (cell !== undefined) stepCell(cell);
          else if (event.key === 'Enter' && cursor.peek() && lane) ask(lane, cursor.peek());
          else return;
          event.preventDefault();
        }}
      >
        <div class="tall" role="presentation" style={{ height: `${list.length * ROW}px` }}>
          <div class="plot hand" role="presentation" style={{ height: `${height.value}px` }} {...hand}>
            <canvas ref={canvas} />
            <Over />
          </div>
          {seen.map((lane, i) => (
            <LaneName key={lane.key} lane={lane} index={first + i} chosen={lane.key === at.key.value} />
          ))}
        </div>
      </div>
      <p class="unseen" role="status">
        {told}
      </p>
      {list.length === 0 ? <p class="nothing">{lanes.value ? nothingHere() : 'Asking …'}</p> : null}
    </div>
  );
}

const nothingHere = () =>
  at.search.value ? `No key has “${at.search.value}” in its name.` : 'Nothing has been judged in this stretch yet.';

/** How odd it was at most; what a rule decides has no threshold beside which it could be. */
function oddText({ odd, episodes: list }: Lane): string {
  if (odd === null) return '–';
  return odd === DECIDED && list.some(({ threshold }) => !threshold) ? 'rule' : odd.toFixed(1);
}

function LaneName({ lane, index, chosen }: { lane: Lane; index: number; chosen: boolean }) {
  const open = lane.episodes.filter((one) => one.status === 'open');
  const worst = (['critical', 'warning', 'info'] as const).find((severity) => open.some((one) => one.severity === severity));
  const told = [
    lane.key,
    `${lane.episodes.length} episodes`,
    ...(worst ? [`${worst}, open`] : []),
    ...(lane.odd === null ? ['not judged'] : [`odd ${numberOf(lane.odd)}`]),
  ].join(', ');
  return (
    <div
      id={`lane-${index}`}
      role="option"
      aria-selected={chosen}
      class={`lane ${chosen ? 'chosen' : ''}`}
      style={{ top: `${index * ROW}px` }}
      title={`${told}; ${lane.judged} of ${lane.rows} rows judged; last row ${lengthOf(Math.max(0, range.peek().to - lane.last))} before the end`}
      tabIndex={-1}
      data-key={lane.key}
    >
      <i class={`dot ${worst ?? (lane.judged === 0 && lane.rows > 0 ? 'unjudged' : 'calm')}`} />
      <span class="name">{lane.key}</span>
      <span class="count">{lane.episodes.length || ''}</span>
      <span class={`odd ${(lane.odd ?? 0) >= 1 ? 'high' : ''}`}>{oddText(lane)}</span>
    </div>
  );
}
