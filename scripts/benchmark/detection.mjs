/**
 * Measures the detectors on public labelled sets, beside others, and writes docs/benchmarks-detection.md between its markers.
 *   npm run benchmark:detection -- [--nab FOLDER] [--servers FOLDER] [--tabular FOLDER] [--python FILE] [--market]
 *     [--keep FOLDER] [--minutes 20] [--quick] [--print]
 * FOLDERs hold NAB's `data` and `labels`, the servers' `*.csv.gz` and `labels.jsonl`, and labelled `*.csv.gz`. `--python` has scikit-learn,
 * river, timeeval-gutentag and tsb-ad: without it what needs it is skipped. A set that is not named keeps what the page says of it, and is named
 * at the end. `--keep` keeps what others have scored and what was measured: it is not measured again. `--quick` measures less and prints.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markets } from './markets.mjs';
import { nab } from './nab.mjs';
import { Runs, Skipped } from './runs.mjs';
import { servers } from './servers.mjs';
import { shapes } from './shapes.mjs';
import { tabular } from './tabular-section.mjs';
import { volume } from './volume.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/benchmarks-detection.md');
const { values: given } = parseArgs({
  options: {
    nab: { type: 'string' },
    servers: { type: 'string' },
    tabular: { type: 'string' },
    python: { type: 'string' },
    market: { type: 'boolean', default: false },
    keep: { type: 'string' },
    minutes: { type: 'string', default: '20' },
    quick: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});

/** In the order of the page. */
const SECTIONS = { nab, servers, shapes, tabular, volume, markets };

/** What stands here, as one would find it again. */
function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'engine', 'plugins', 'pipelines', 'scripts', ':!*.md');
    return `commit ${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with changes'}`;
  } catch {
    return 'of no repository';
  }
}

const when = `${new Date().toISOString().slice(0, 10)}, ${commit()}`;
const scratch = mkdtempSync(join(tmpdir(), 'quantstream-benchmark-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
const folder = resolve(given.keep ?? scratch);
mkdirSync(folder, { recursive: true });
const runs = new Runs({ ...given, folder, when, minutes: Number(given.minutes) });
let page = readFileSync(PAGE, 'utf8');
const skipped = [];
for (const [name, section] of Object.entries(SECTIONS)) {
  let text;
  runs.since();
  try {
    text = section(runs);
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    skipped.push(`${name}: ${error.message}`);
    console.error(`skipped ${skipped.at(-1)}`);
    continue;
  }
  text = `_Measured ${runs.since() || when}${given.quick ? ', --quick' : ''}._\n\n${text}`;
  const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(page)) throw new Error(`${PAGE} has no section ${name}`);
  page = page.replace(pattern, (_, open, close) => `${open}\n${text}\n\n${close}`);
  if (given.quick || given.print) console.log(`## ${name}\n\n${text}\n`);
  else writeFileSync(PAGE, page);
  console.error(`${name}: ${runs.minutesGone().toFixed(1)} min`);
}
if (skipped.length > 0) console.error(`\nWhat was skipped keeps the figures of an earlier run:\n- ${skipped.join('\n- ')}`);
