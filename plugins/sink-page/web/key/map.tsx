// Where a key was: its track as an outline, odd stretches in colour, the moment under the hand as a point. North is up and nothing is loaded.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { colours, theme } from '../shell/colours.js';
import { at } from '../state/place.js';
import { range } from '../state/range.js';
import { columnOf, history } from '../state/store.js';
import { withUnit } from '../state/words.js';
import { askMoment, cursor } from '../time/pointer.js';
import { indexAt } from './chart.js';
import type { Panel } from './panels.js';
import { type EChartsType, init } from './pictures/echarts.js';
import { dots } from './pictures/parts.js';
import { type Frame, frameOf, nearestTo, placeIn, roundMetres, type Track, trackOf } from './pictures/track.js';

interface Shown {
  readonly track: Track;
  readonly frame: Frame;
}

export function MapView({ panel }: { panel: Panel }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const size = useSignal({ width: 0, height: 0 });
  const shown = useSignal<Shown | undefined>(undefined);
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
    theme.value;
    if (!parts || !width) return;
    const request = requestAnimationFrame(() => {
      const track = trackOf(parts, panel.columns, span);
      shown.value = track.time.length > 0 ? { track, frame: frameOf(track, width, height) } : undefined;
      draw(chart.current!, shown.value);
    });
    return () => cancelAnimationFrame(request);
  });
  const hand = {
    onClick: ({ clientX, clientY }: MouseEvent) => {
      if (!shown.value) return;
      const { left, top } = box.current!.getBoundingClientRect();
      const { track, frame } = shown.value;
      askMoment(track.time[nearestTo(track, frame, clientX - left, clientY - top)]!);
    },
  };
  const parts = history.value;
  const moment = cursor.value || at.moment.value;
  const index = parts ? indexAt(parts.time, moment) : -1;
  return (
    <section class="chart map" aria-label={panel.title} data-panel={panel.id}>
      <div class="gutter legend">
        <h3 title={panel.about}>{panel.title}</h3>
        <dl>
          {panel.columns.map((name) => (
            <div key={name} title={columnOf.value.get(name)?.about}>
              <dt>
                <span>{name}</span>
              </dt>
              <dd>{withUnit(parts?.columns[name]?.last[index], columnOf.value.get(name)?.unit)}</dd>
            </div>
          ))}
        </dl>
      </div>
      <div class="plot own" {...hand}>
        <div ref={box} class="canvas" />
        {shown.value ? <Marks {...shown.value} moment={moment} /> : null}
      </div>
    </section>
  );
}

function draw(chart: EChartsType, shown: Shown | undefined): void {
  if (!shown) {
    chart.clear();
    return;
  }
  const { points, odd, outlines } = shown.track;
  const { left, top, scale, width, height } = shown.frame;
  const { accent, critical, muted } = colours();
  if (chart.getWidth() !== width || chart.getHeight() !== height) chart.resize();
  chart.setOption(
    {
      animation: false,
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { type: 'value', min: left, max: left + scale * width, show: false },
      yAxis: { type: 'value', min: top - scale * height, max: top, show: false },
      series: [
        ...outlines.map(({ inside, points: line }, i) => ({
          id: `outline ${i}`,
          type: 'line' as const,
          silent: true,
          showSymbol: false,
          lineStyle: { color: inside ? muted : critical, width: 1, type: 'dashed' as const },
          data: [...line],
        })),
        {
          id: 'track',
          type: 'line',
          silent: true,
          showSymbol: false,
          lineStyle: { color: accent, width: 1.5 },
          data: [...points],
        },
        {
          ...dots(
            points.filter((_, i) => odd[i]),
            critical,
            3,
          ),
          id: 'odd',
        },
      ],
    },
    { replaceMerge: ['series'], silent: true },
  );
}

/** Where it began, where it was at a moment, and how long a stretch of ground is. */
function Marks({ track, frame, moment }: Shown & { moment: number }) {
  const [began, here] = [placeIn(frame, track.points[0]!), placeIn(frame, track.points[indexAt(track.time, moment)]!)];
  const metres = roundMetres(frame.scale * 120);
  return (
    <>
      <i class="spot began" style={{ left: `${began.x}px`, top: `${began.y}px` }} />
      <i class="spot here" style={{ left: `${here.x}px`, top: `${here.y}px` }} />
      <span class="metres" style={{ width: `${metres / frame.scale}px` }}>
        {metres >= 1_000 ? `${metres / 1_000} km` : `${metres} m`}
      </span>
    </>
  );
}
