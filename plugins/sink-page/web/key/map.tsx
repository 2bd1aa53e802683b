// Where a key was: its track as an outline, odd stretches in colour, the moment under the hand as a point. North is up and nothing is loaded.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { KeyHistory } from '../../src/wire.js';
import { colours, theme } from '../shell/colours.js';
import { at } from '../state/place.js';
import { range, type Span } from '../state/range.js';
import { columnOf, history } from '../state/store.js';
import { lengthOf, withUnit } from '../state/words.js';
import { askMoment, cursor } from '../time/pointer.js';
import { indexAt } from './chart.js';
import type { Panel } from './panels.js';
import { type EChartsType, init } from './pictures/echarts.js';
import { dots } from './pictures/parts.js';

interface Track {
  readonly time: number[];
  /** Metres to the east and to the north of the first point. */
  readonly east: number[];
  readonly north: number[];
  readonly odd: boolean[];
}

const METRES = 111_320;

function trackOf(parts: KeyHistory, [north, east]: readonly string[], { from, to }: Span): Track {
  const [latitudes, longitudes] = [parts.columns[north!]?.last ?? [], parts.columns[east!]?.last ?? []];
  const track: Track = { time: [], east: [], north: [], odd: [] };
  let [zeroNorth, zeroEast] = [Number.NaN, Number.NaN];
  for (const [i, time] of parts.time.entries()) {
    const [latitude, longitude] = [latitudes[i] ?? null, longitudes[i] ?? null];
    if (latitude === null || longitude === null || time < from || time > to) continue;
    if (Number.isNaN(zeroNorth)) [zeroNorth, zeroEast] = [latitude, longitude];
    track.time.push(time);
    track.north.push((latitude - zeroNorth) * METRES);
    track.east.push((longitude - zeroEast) * METRES * Math.cos((zeroNorth * Math.PI) / 180));
    track.odd.push(parts.state[i] === 'anomalous');
  }
  return track;
}

/** One scale for both directions, so that a circle is round. */
function frameOf({ east, north }: Track, width: number, height: number) {
  const [left, right, low, high] = [Math.min(...east), Math.max(...east), Math.min(...north), Math.max(...north)];
  const scale = Math.max((right - left) / width, (high - low) / height, 0.01) * 1.15;
  const [x, y] = [(left + right) / 2, (low + high) / 2];
  return {
    xMin: x - (scale * width) / 2,
    xMax: x + (scale * width) / 2,
    yMin: y - (scale * height) / 2,
    yMax: y + (scale * height) / 2,
    scale,
  };
}

const roundMetres = (metres: number) => {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].find((one) => one * power <= metres)! * power;
};

export function MapView({ panel }: { panel: Panel }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const track = useRef<Track>({ time: [], east: [], north: [], odd: [] });
  const size = useSignal({ width: 0, height: 0 });
  const metres = useSignal({ metres: 0, pixels: 0 });
  useEffect(() => {
    const element = box.current!;
    chart.current = init(element);
    const watcher = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      chart.current?.dispose();
    };
  }, []);
  useSignalEffect(() => {
    const [parts, span, { width, height }] = [history.value, range.value, size.value];
    const moment = cursor.value || at.moment.value;
    theme.value;
    if (!parts || !width) return;
    const frame = requestAnimationFrame(() => {
      const drawn = chart.current!;
      if (drawn.getWidth() !== width || drawn.getHeight() !== height) drawn.resize();
      const points = trackOf(parts, panel.columns, span);
      track.current = points;
      if (points.time.length === 0) return drawn.clear();
      const frameNow = frameOf(points, width, height);
      const whole = roundMetres(frameNow.scale * 120);
      metres.value = { metres: whole, pixels: whole / frameNow.scale };
      const { accent, critical, text, muted } = colours();
      const point = (i: number): [number, number] => [points.east[i]!, points.north[i]!];
      const here = indexAt(points.time, moment);
      drawn.setOption(
        {
          animation: false,
          grid: { left: 0, right: 0, top: 0, bottom: 0 },
          xAxis: { type: 'value', min: frameNow.xMin, max: frameNow.xMax, show: false },
          yAxis: { type: 'value', min: frameNow.yMin, max: frameNow.yMax, show: false },
          series: [
            {
              type: 'line',
              silent: true,
              showSymbol: false,
              lineStyle: { color: accent, width: 1.5 },
              data: points.time.map((_, i) => point(i)),
            },
            dots(
              points.time.flatMap((_, i) => (points.odd[i] ? [point(i)] : [])),
              critical,
              3,
            ),
            {
              type: 'scatter',
              silent: true,
              symbol: 'emptyCircle',
              symbolSize: 9,
              itemStyle: { color: muted },
              data: [point(0)],
            },
            {
              type: 'scatter',
              silent: true,
              symbolSize: 11,
              itemStyle: { color: text, borderColor: accent, borderWidth: 3 },
              data: [point(here)],
            },
          ],
        },
        { notMerge: true, silent: true },
      );
    });
    return () => cancelAnimationFrame(frame);
  });
  const hand = {
    onClick: (event: MouseEvent) => {
      const drawn = chart.current!;
      const { left, top } = box.current!.getBoundingClientRect();
      const [x, y] = drawn.convertFromPixel('grid', [event.clientX - left, event.clientY - top]) as [number, number];
      const { east, north, time } = track.current;
      const distances = east.map((one, i) => Math.hypot(one - x, north[i]! - y));
      const nearest = distances.indexOf(Math.min(...distances));
      if (nearest >= 0) askMoment(time[nearest]!);
    },
  };
  const parts = history.value;
  const index = parts ? indexAt(parts.time, cursor.value || at.moment.value) : -1;
  return (
    <section class="chart map" aria-label={panel.title}>
      <div class="gutter legend">
        <h3 title={panel.about}>{panel.title}</h3>
        <dl>
          {panel.columns.map((name) => (
            <div key={name} title={columnOf.value.get(name)?.about}>
              <dt>{name}</dt>
              <dd>{withUnit(parts?.columns[name]?.last[index], columnOf.value.get(name)?.unit)}</dd>
            </div>
          ))}
          <div>
            <dt>shown</dt>
            <dd>{lengthOf(range.value.to - range.value.from)}</dd>
          </div>
        </dl>
      </div>
      <div class="plot own" {...hand}>
        <div ref={box} class="canvas" />
        <span class="metres" style={{ width: `${metres.value.pixels}px` }}>
          {metres.value.metres >= 1_000 ? `${metres.value.metres / 1_000} km` : `${metres.value.metres} m`}
        </span>
      </div>
    </section>
  );
}
