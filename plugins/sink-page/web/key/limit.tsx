// The dashed line of a limit: dragged, or moved by the arrow keys, it asks what another value would have found.

import type { RefObject } from 'preact';
import type { LimitInfo } from '../../src/wire.js';
import { at, go } from '../state/place.js';
import { columnOf } from '../state/store.js';
import { withUnit } from '../state/words.js';
import { isTried, limitText, limitTry } from '../whatif/asked.js';
import type { Scale } from './pictures/scale.js';

/** From so many whole numbers in sight on, a limit that is one stays one. */
const MANY = 8;
/** A step is a hundredth of what is shown, in round digits. */
const rounded = (value: number, scale: Scale, limit: number) => {
  const seen = scale.max - scale.min;
  const digits = Number.isInteger(limit) && seen >= MANY ? 0 : Math.max(0, 2 - Math.floor(Math.log10(seen)));
  return Number(value.toFixed(Math.min(12, digits)));
};
/** What an arrow key moves it by. */
const stepOf = ({ min, max }: Scale, limit: number) => {
  const step = (max - min) / 100;
  return Number.isInteger(limit) && max - min >= MANY ? Math.max(1, Math.round(step)) : step;
};

/** What a limit is now, or is tried as; and how far below the top that is, %: beyond 0 … 100 it is out of sight. */
function placeOf(limit: LimitInfo, scale: Scale): { value: number; top: number } {
  const tried = limitTry.value;
  const value = isTried(limit, tried) ? tried.value : limit.value;
  return { value, top: ((scale.max - value) / (scale.max - scale.min)) * 100 };
}

/** Lines nearer to each other than this, %, have their texts side by side. */
const NEAR = 20;

export function LimitLines({ limits, ...rest }: Omit<LineProps, 'limit' | 'beside'> & { limits: readonly LimitInfo[] }) {
  const tops = limits.map((limit) => Math.min(100, Math.max(0, placeOf(limit, rest.scale).top)));
  return (
    <>
      {limits.map((limit, i) => {
        const beside = tops.slice(0, i).filter((top) => Math.abs(top - tops[i]!) < NEAR).length;
        return <LimitLine key={`${limit.text} ${limit.value}`} limit={limit} beside={beside} {...rest} />;
      })}
    </>
  );
}

interface LineProps {
  readonly limit: LimitInfo;
  readonly scale: Scale;
  readonly box: RefObject<HTMLDivElement | null>;
  /** Texts of other limits to the right of this one's. */
  readonly beside: number;
}

function LimitLine({ limit, scale, box, beside }: LineProps) {
  const { value, top } = placeOf(limit, scale);
  const away = top < 0 ? 'beyond-top' : top > 100 ? 'beyond-bottom' : '';
  const attempt = (next: number, how: 'step' | 'replace') =>
    go(
      {
        limit: limitText({ column: limit.column, is: limit.is, value: rounded(next, scale, limit.value), was: limit.value }),
        tab: 'whatif',
      },
      how,
    );
  const drag = (event: PointerEvent) => {
    const { top: above, height } = box.current!.getBoundingClientRect();
    attempt(scale.max - ((event.clientY - above) / height) * (scale.max - scale.min), 'replace');
  };
  const told = `${limit.column} ${limit.is} ${withUnit(value, columnOf.value.get(limit.column)?.unit)}`;
  return (
    <div
      class={`limit ${limit.severity} ${away} ${value === limit.value ? '' : 'tried'}`}
      style={{ top: `${Math.min(100, Math.max(0, top))}%`, '--beside': beside }}
    >
      <div
        class="handle"
        role="slider"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={`Limit: ${limit.column} ${limit.is}`}
        aria-valuemin={scale.min}
        aria-valuemax={scale.max}
        aria-valuenow={value}
        aria-valuetext={told}
        title={`${limit.text}\nDrag it, or use the arrow keys, to see what another limit would find.`}
        onPointerDown={(event) => {
          event.stopPropagation();
          event.currentTarget.setPointerCapture(event.pointerId);
          go({ tab: 'whatif' });
        }}
        onPointerMove={(event) => {
          event.stopPropagation();
          if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
        }}
        onPointerUp={(event) => event.stopPropagation()}
        onDblClick={(event) => {
          event.stopPropagation();
          go({ limit: '' });
        }}
        onKeyDown={(event) => {
          const up = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
          if (event.key === 'Escape' && at.limit.value) go({ limit: '' });
          if (!up) return;
          event.preventDefault();
          event.stopPropagation();
          attempt(value + up * stepOf(scale, limit.value), 'replace');
        }}
      >
        {away === 'beyond-top' ? '▲ ' : away === 'beyond-bottom' ? '▼ ' : ''}
        {told}
      </div>
    </div>
  );
}
