// The whole page: head, lanes above the chosen key with one time axis, and the panel with questions and answers.

import { signal, useSignalEffect } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { Banner } from '../honest/bar.js';
import { IncidentStrip } from '../lanes/incidents.js';
import { LanesView } from '../lanes/lanes.js';
import { Side } from '../side/side.js';
import { at } from '../state/place.js';
import { about } from '../state/store.js';
import { Axis } from '../time/axis.js';
import { measure } from '../time/width.js';
import { Head, Tools } from './head.js';
import { Help } from './help.js';

/** The pictures of a key and the library that draws them come behind everything else: lanes are there first. */
const keyView = signal<FunctionComponent | undefined>(undefined);
void import('../key/key.js').then((module) => {
  keyView.value = module.KeyView;
});

export function Page() {
  const KeyView = keyView.value;
  useSignalEffect(() => {
    const title = about.value?.pipeline ?? 'QuantStream';
    document.title = at.key.value ? `${at.key.value} · ${title}` : title;
  });
  return (
    <>
      <Head />
      <Banner />
      <main class={at.key.value ? 'with-key' : ''}>
        <div class="timeline">
          <Tools />
          <Axis />
          <div>
            <div class="row-of-time measure" aria-hidden="true">
              <div class="plot" ref={measure} />
            </div>
            <IncidentStrip />
          </div>
          <LanesView />
          {KeyView ? <KeyView /> : <p class="nothing">Loading …</p>}
        </div>
        <Side />
      </main>
      <Help />
    </>
  );
}
