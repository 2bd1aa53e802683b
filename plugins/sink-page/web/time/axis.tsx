// The time axis above the lanes and the charts, and what lies over all of them: the cursor, the stretch that is marked, the moment that was asked about.

import { useComputed } from '@preact/signals';
import { at } from '../state/place.js';
import { last, range, spanOf } from '../state/range.js';
import { dayOf, momentOf, secondOf, zoneOf } from '../state/words.js';
import { cursor, handOf, marked, percentOf, ranking } from './pointer.js';
import { ticksOf } from './ticks.js';
import { plotWidth } from './width.js';

const hand = handOf(() => undefined);

/** What one mark needs of the width, CSS pixels; where that is little, they stand closer. */
const NEED = { wide: 90, narrow: 56 } as const;
const mostTicks = () => Math.max(2, Math.floor(plotWidth.value / (plotWidth.value < 400 ? NEED.narrow : NEED.wide)));

export function Axis() {
  const span = range.value;
  const ticks = ticksOf(span, mostTicks());
  return (
    <div class="axis row-of-time">
      <div class="gutter">
        <span class="day">{dayOf(span.from)}</span> <span class="quiet">{zoneOf(span.from)}</span>
      </div>
      <div class="plot" {...hand} title="Drag to look closer; with shift to rank">
        {ticks
          .filter(({ time }) => percentOf(time, span) < 100 - 4_000 / plotWidth.value)
          .map(({ time, text }) => (
            <span key={time} class="tick" style={{ left: `${percentOf(time, span)}%` }}>
              {text}
            </span>
          ))}
        <CursorTime />
      </div>
    </div>
  );
}

function CursorTime() {
  const time = cursor.value;
  if (!time) return null;
  const left = percentOf(time, range.value);
  return (
    <span class={`cursor-time ${left > 80 ? 'before' : ''}`} style={{ left: `${left}%` }} title={momentOf(time)}>
      {secondOf(time)}
    </span>
  );
}

/** Lies over whatever is drawn, and lets the hand through. */
export function Over() {
  const span = range.value;
  const width = (one: { from: number; to: number }) => ({
    left: `${Math.max(0, percentOf(one.from, span))}%`,
    width: `${Math.min(100, percentOf(one.to, span)) - Math.max(0, percentOf(one.from, span))}%`,
  });
  const ranked = useComputed(() => (at.tab.value === 'rank' ? spanOf(at.rank.value) : undefined)).value;
  const moment = at.moment.value;
  const shown = (time: number) => time >= span.from && time <= span.to;
  return (
    <div class="over" aria-hidden="true">
      {ticksOf(span, mostTicks()).map(({ time }) => (
        <i key={time} class="grid-line" style={{ left: `${percentOf(time, span)}%` }} />
      ))}
      {last.value > span.from && last.value < span.to - (span.to - span.from) / 20 ? (
        <i class="now" style={{ left: `${percentOf(last.value, span)}%` }} />
      ) : null}
      {ranked && ranked.to > span.from && ranked.from < span.to ? <i class="ranked" style={width(ranked)} /> : null}
      {moment && shown(moment) ? <i class="asked" style={{ left: `${percentOf(moment, span)}%` }} /> : null}
      <Moving width={width} />
    </div>
  );
}

function Moving({ width }: { width: (one: { from: number; to: number }) => { left: string; width: string } }) {
  const stretch = marked.value;
  return (
    <>
      {cursor.value ? <i class="cursor" style={{ left: `${percentOf(cursor.value, range.value)}%` }} /> : null}
      {stretch ? <i class={`marked ${ranking.value ? 'to-rank' : ''}`} style={width(stretch)} /> : null}
    </>
  );
}
