// How wide the pictures are: measured once for all of them, as they all have the same width.

import { signal } from '@preact/signals';

/** Width of what is drawn beside the gutter, CSS pixels. */
export const plotWidth = signal(600);

let watcher: ResizeObserver | undefined;
/** Watches the element whose width is that of all pictures. */
export function measure(element: Element | null): void {
  watcher?.disconnect();
  if (!element) return;
  watcher = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) plotWidth.value = width;
  });
  watcher.observe(element);
}
