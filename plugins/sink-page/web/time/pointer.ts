// The hand on a picture with time to the right: where it points, what it chooses by a click, what it marks by dragging.

import { signal } from '@preact/signals';
import { at, go } from '../state/place.js';
import { range, type Span, show, textOf, zoom } from '../state/range.js';

/** The moment under the hand, ms since the epoch; 0: none. */
export const cursor = signal(0);
/** The stretch that is being marked. */
export const marked = signal<Span | undefined>(undefined);
/** Whether a stretch that is marked is to be ranked; else it is shown larger. */
export const ranking = signal(false);

const DRAG = 5;

export function timeAt(element: Element, clientX: number): number {
  const { left, width } = element.getBoundingClientRect();
  const { from, to } = range.peek();
  return from + Math.min(1, Math.max(0, (clientX - left) / width)) * (to - from);
}
/** Where a moment is, in hundredths of the width. */
export const percentOf = (time: number, { from, to }: Span) => ((time - from) / (to - from)) * 100;

/** Hears the hand on an element that is exactly as wide as what is shown. */
export function handOf(clicked: (time: number, event: PointerEvent) => void) {
  let down: { x: number; time: number } | undefined;
  let frame = 0;
  const moved = (event: PointerEvent) => {
    const element = event.currentTarget as Element;
    if (down && Math.abs(event.clientX - down.x) > DRAG) {
      if (!marked.peek()) element.setPointerCapture(event.pointerId);
      const time = timeAt(element, event.clientX);
      marked.value = { from: Math.min(time, down.time), to: Math.max(time, down.time) };
    }
    const [x, target] = [event.clientX, element];
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      cursor.value = timeAt(target, x);
    });
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      down = { x: event.clientX, time: timeAt(event.currentTarget as Element, event.clientX) };
    },
    onPointerMove: moved,
    onPointerUp: (event: PointerEvent) => {
      const span = marked.peek();
      marked.value = undefined;
      const began = down;
      down = undefined;
      if (!began) return;
      if (!span) clicked(began.time, event);
      else if (event.shiftKey || ranking.peek()) {
        go({ rank: textOf(span), tab: 'rank' });
      } else show(span);
    },
    onPointerCancel: () => {
      down = undefined;
      marked.value = undefined;
    },
    onPointerLeave: () => {
      cancelAnimationFrame(frame);
      cursor.value = 0;
    },
    onDblClick: (event: MouseEvent) => zoom(2, timeAt(event.currentTarget as Element, event.clientX)),
  };
}

/** A click on a picture of a key asks about that moment. */
export const askMoment = (time: number) => go({ moment: Math.round(time), episode: '', tab: 'why', key: at.key.peek() });
