// The mutations that no law catches, and why.

import type { Example } from './mutate.js';

export const UNCAUGHT: readonly { readonly plugin: Example; readonly name: string; readonly why: string }[] = [
  {
    plugin: 'model',
    name: 'deviations are kept in 32 bits',
    why: 'Where values are above 3e38 no row is odd any more, and every score is a finite 0. A law of scale would have to hold for models that are told the range of their columns as well.',
  },
];
