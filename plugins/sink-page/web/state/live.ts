// The one stream of frames: opened anew when another key is looked at, and taken in at most once per picture.

import { effect, signal } from '@preact/signals';
import type { Frame } from '../../src/wire.js';
import { addressOf } from './ask.js';
import { askAgain } from './begin.js';
import { at } from './place.js';
import { connected, hear, heard } from './store.js';

/** Between two pictures of what comes, ms: eyes need no more, and the processor is shared with the engine. */
const EVERY = 400;
/** So long without a frame is too long, ms: there is one at least every five seconds. */
const STALE = 15_000;

export const stale = signal(false);

/** Listens until the page goes. Frames that come while nobody looks wait, and are taken in when somebody does. */
export function listen(): void {
  let waiting: Frame[] = [];
  let taken = 0;
  const takeIn = () => {
    const frames = waiting;
    waiting = [];
    taken = performance.now();
    for (const frame of frames) hear(frame);
  };
  const arrived = (event: MessageEvent<string>) => {
    heard.value = Date.now();
    stale.value = false;
    waiting.push(JSON.parse(event.data) as Frame);
    if (waiting.length === 1) setTimeout(() => requestAnimationFrame(takeIn), taken + EVERY - performance.now());
  };
  let source: EventSource | undefined;
  const open = (key: string) => {
    source?.close();
    source = undefined;
    // A browser has few connections to one server: a page that nobody sees gives its own back.
    if (document.hidden) return;
    source = new EventSource(addressOf('events', { key }));
    source.addEventListener('frame', arrived);
    source.addEventListener('message', arrived);
    source.addEventListener('open', () => {
      if (!connected.peek()) void askAgain();
      connected.value = true;
    });
    source.addEventListener('error', () => {
      connected.value = false;
    });
  };
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) source?.close();
    else {
      heard.value = Date.now();
      waiting = [];
      open(at.key.peek());
      void askAgain();
    }
  });
  let key = '';
  open(at.key.peek());
  effect(() => {
    if (at.key.value === key) return;
    key = at.key.value;
    open(key);
  });
  setInterval(() => {
    stale.value = !document.hidden && heard.peek() > 0 && Date.now() - heard.peek() > STALE;
    // A browser gives up on a server that answers with an error; this does not.
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open(at.key.peek());
  }, 3_000);
}
