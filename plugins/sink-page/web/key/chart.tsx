// One picture of a key: its name and its numbers in the gutter, what is drawn beside them, and the limits that one can move.

import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { KeyHistory } from '../../src/wire.js';
import { colours, theme } from '../shell/colours.js';
import { at } from '../state/place.js';
import { range } from '../state/range.js';
import { about, chosen, columnOf, history } from '../state/store.js';
import { markOf, numberOf, stateOf, unitOf } from '../state/words.js';
import { askMoment, cursor, handOf } from '../time/pointer.js';
import { plotWidth } from '../time/width.js';
import { LimitLines } from './limit.js';
import type { Panel } from './panels.js';
import { candlesOf, medianStep } from './pictures/candle.js';
import { type EChartsType, init } from './pictures/echarts.js';
import { barsOf, linesOf, type Shown, scoreOf } from './pictures/lines.js';
import type { Picture } from './pictures/parts.js';
import { marksOf, type Scale } from './pictures/scale.js';
import { statesOf } from './pictures/states.js';

export const limitsOf = (columns: readonly string[]) => (about.value?.limits ?? []).filter((one) => columns.includes(one.column));

function pictureOf(panel: Panel, only: string, parts: KeyHistory, span: { from: number; to: number }, pixels: number): Picture {
  const step = parts.step || medianStep(parts.time);
  const width = Math.min(14, ((pixels * step) / (span.to - span.from)) * 0.7);
  const columns = shownOf(panel, only);
  const limits = limitsOf(columns.map((one) => one.name)).map((one) => one.value);
  if (panel.kind === 'score') return scoreOf(parts);
  if (panel.kind === 'candle') return candlesOf(parts, panel.columns, (span.to - span.from) / pixels, span.to);
  if (panel.kind === 'bars') return barsOf(parts, columns, width, limits, span.to);
  if (panel.kind === 'states')
    return statesOf(parts, panel.columns, (name, value) => stateOf(columnOf.peek().get(name)?.about, value));
  return linesOf(parts, columns, limits, span.to);
}

/** The columns that are shown, each with its place among all: its colour. */
const shownOf = (panel: Panel, only: string): readonly Shown[] =>
  panel.columns.map((name, place) => ({ name, place })).filter((one) => !only || one.name === only);

const hand = handOf((time) => askMoment(time));

export function Chart({ panel }: { panel: Panel }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const inSight = useSignal(false);
  /** The one column that is shown, where somebody has chosen one of several. */
  const alone = useSignal('');
  const scale = useSignal<Scale>({ min: 0, max: 1, step: 1 });
  useEffect(() => {
    const element = box.current!;
    chart.current = init(element, undefined, { renderer: 'canvas' });
    const watcher = new IntersectionObserver(
      ([entry]) => {
        inSight.value = entry?.isIntersecting ?? false;
      },
      { rootMargin: '200px' },
    );
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      chart.current?.dispose();
    };
  }, []);
  useSignalEffect(() => {
    const [parts, span, pixels] = [history.value, range.value, plotWidth.value];
    theme.value;
    const only = alone.value;
    if (!inSight.value || !parts) return;
    const frame = requestAnimationFrame(() => draw(parts, span, pixels, only));
    return () => cancelAnimationFrame(frame);
  });
  function draw(parts: KeyHistory, span: { from: number; to: number }, pixels: number, only: string): void {
    const drawn = chart.current;
    if (!drawn || drawn.isDisposed()) return;
    if (drawn.getWidth() !== pixels) drawn.resize();
    const picture = pictureOf(panel, only, parts, span, pixels);
    const { min, max } = picture.scale;
    if (min !== scale.peek().min || max !== scale.peek().max) scale.value = picture.scale;
    drawn.setOption(
      {
        animation: false,
        grid: { left: 0, right: 0, top: 0, bottom: 0 },
        xAxis: { type: 'time', min: span.from, max: span.to, show: false },
        yAxis: { type: 'value', min, max, show: false },
        series: picture.series.map((one, i) => ({ ...one, id: String(i) })),
      },
      { replaceMerge: ['series'], silent: true },
    );
  }
  const limits = limitsOf(shownOf(panel, alone.value).map((one) => one.name));
  const marks = panel.kind === 'states' ? [] : marksOf(scale.value);
  const share = (value: number) => ((scale.value.max - value) / (scale.value.max - scale.value.min)) * 100;
  return (
    <section class={`chart ${panel.kind}`} aria-label={panel.title} data-panel={panel.id}>
      <Legend panel={panel} alone={alone} />
      <div class="marks" aria-hidden="true">
        {marks.map((mark) => {
          const top = share(mark);
          return top > 3 && top < 97 ? (
            <span key={mark} style={{ top: `${top}%` }}>
              {markOf(mark, scale.value.step)}
            </span>
          ) : null;
        })}
      </div>
      <div class="plot" {...hand}>
        {marks.map((mark) => (
          <i key={mark} class="level" style={{ top: `${share(mark)}%` }} />
        ))}
        <div ref={box} class="canvas" style={panel.kind === 'states' ? { height: `${panel.columns.length * 24}px` } : {}} />
        <LimitLines limits={limits} scale={scale.value} box={box} />
      </div>
    </section>
  );
}

/** The index of the last part that had begun at a moment, or of the last of all. */
export function indexAt(time: readonly number[], moment: number): number {
  if (!moment) return time.length - 1;
  let [low, high] = [0, time.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle]! < moment) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, time.length - 1);
}

function Legend({ panel, alone }: { panel: Panel; alone: Signal<string> }) {
  const odd = useComputed(() => new Set(chosen.value?.columns ?? []));
  const parts = history.value;
  const index = parts ? indexAt(parts.time, cursor.value || at.moment.value) : -1;
  const told = columnOf.value;
  const numbers =
    panel.kind === 'score'
      ? [
          { name: 'score', value: parts?.score[index], colour: colours().accent, unit: '', title: panel.about },
          {
            name: 'threshold',
            value: parts?.threshold[index],
            colour: colours().muted,
            unit: '',
            title: 'From here on a row is an anomaly.',
          },
        ]
      : panel.columns.map((name, i) => ({
          name,
          value: parts?.columns[name]?.last[index],
          colour: panel.kind === 'candle' || panel.kind === 'states' ? '' : colours().series[i % colours().series.length]!,
          unit: unitOf(told.get(name)?.unit),
          title: [told.get(name)?.about, told.get(name)?.formula].filter(Boolean).join('\n'),
        }));
  theme.value;
  const several = panel.columns.length > 1 && (panel.kind === 'lines' || panel.kind === 'bars');
  return (
    <div class="gutter legend">
      <h3 title={panel.about}>{panel.title}</h3>
      <dl>
        {numbers.map((one) => (
          <div
            key={one.name}
            class={`${odd.value.has(one.name) ? 'odd-column' : ''} ${alone.value && alone.value !== one.name ? 'hidden-column' : ''}`}
            title={one.title}
          >
            <dt>
              {one.colour ? <i class="swatch" style={{ background: one.colour }} /> : null}
              {several ? (
                <button
                  type="button"
                  class="plain"
                  aria-pressed={alone.value === one.name}
                  title="Show this one alone, or all again"
                  onClick={() => (alone.value = alone.value === one.name ? '' : one.name)}
                >
                  {one.name}
                </button>
              ) : (
                <span>{one.name}</span>
              )}
            </dt>
            <dd>
              {numberOf(one.value)} <small>{one.unit}</small>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
