// The fake server by hand: npx esbuild plugins/sink-page/test/fake/main.ts --bundle --platform=node --format=esm --outfile=FILE.mjs && node FILE.mjs --keys 300
import { parseArgs } from 'node:util';
import { FakePage } from './server.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    keys: { type: 'string', default: '12' },
    web: { type: 'string', default: 'plugins/sink-page/bundle/web' },
  },
});
console.log(await new FakePage({ keys: Number(values.keys), web: values.web }).listen(Number(values.port)));
