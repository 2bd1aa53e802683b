// The declaration of the page.

import { API_VERSION, defineSink } from '@quantstream/engine';
import { configSchema } from './config.js';
import { PageSink } from './sink.js';

const NOTES = `
## What it shows

One row for each key with what was odd in it, the columns of a key over what is usual for them, why a row was called odd or why it was not judged, what a stretch was odd
in, what another budget or another limit would have raised, and how the pipeline is. Everything derives from the declarations of the pipeline.

## What it keeps

The latest rows of all keys in \`memory\`, and where another sink of the pipeline keeps history (\`timescale\`), what that has of the time before, as far as there is room. \`engine serve\`
opens it over what was stored. Labels are the engine's own: they lie beside the checkpoints, and \`engine labels\` and \`engine evaluate\` know them too.

## Who may see it

It is at \`http.listen\`, 127.0.0.1:9464 unless the file says otherwise, and answers there only under the names of this machine. On another address it wants the token that is
printed at start (or \`http.token\`), or a proxy in front that says who asks (\`http.userHeader\`). See [security](../../docs/security.md).
`;

/** A page in the browser: see what it sees, ask why, answer back. */
export default defineSink({
  name: 'page',
  api: API_VERSION,
  about: 'A page in the browser that shows what is judged, explains it, and takes what people say of it',
  config: configSchema,
  example: { memory: 256 },
  notes: NOTES,
  delivery: 'at-least-once',
  door: true,
  create: (config, host) => new PageSink(config, host),
  async serve(config, host) {
    const page = new PageSink(config, host, false);
    await page.remember();
    await page.open();
    await new Promise<void>((resolve) => {
      if (host.signal.aborted) resolve();
      host.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await page.close();
  },
});
