// `engine dlq`: what could never be written or taken, looked at and given again.

import type { Command } from '@commander-js/extra-typings';
import { parseDuration, QuantStreamError } from '../../api/index.js';
import { withLetters } from '../../compose/letters/dead-letters.js';
import { type Filter, lettersOf } from '../../compose/letters/kept.js';
import { type Replayed, replay } from '../../compose/letters/replay.js';
import { processOutside } from '../../compose/outside.js';
import { planPipeline } from '../../spec/plan.js';
import { complainOf, printLetter, printList, printReplayed } from '../letters.js';
import { collect, dataRoot } from '../options.js';
import { LOOK_AT_IT, print, printJson } from '../output.js';
import { onStop } from '../stopping.js';

const quiet = () => processOutside({ level: 'warn', format: 'text' });

interface Given {
  readonly code?: string | undefined;
  readonly place?: string | undefined;
  readonly since?: string | undefined;
}

function filterOf({ code, place, since }: Given, ids: readonly string[] = []): Filter {
  return { ids, code, place, since: since === undefined ? undefined : sinceOf(since) };
}

/** @throws QS_CONFIG_VALUE */
function sinceOf(text: string): number {
  const ago = parseDuration(text);
  const at = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (Number.isNaN(at))
    throw new QuantStreamError('QS_CONFIG_VALUE', `--since: expected a duration such as 2h, or a date, found "${text}"`);
  return at;
}

/** `engine dlq`: looks at what was put away, and gives it again. */
export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('looks at the dead letters of a pipeline: what could never be written or taken; and gives them again');
  dlq
    .command('list')
    .description('how many there are by code and place, since when, and the newest')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--code <code>', 'only of this code')
    .option('--place <text>', 'only of places that contain this: SINK/TABLE/KEY, or TOPIC/PARTITION@OFFSET')
    .option('--since <when>', 'only put away since: a duration (2h) or a date')
    .option('--json', 'for machines: every letter, without what was refused', false)
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async ({ pipeline, set, json, ...given }) => {
      const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
      await withLetters(plan, await quiet(), async (letters) => {
        const { kept, unreadable } = await lettersOf(letters, filterOf(given), false);
        if (json) printJson(kept.map(({ letter, ...rest }) => ({ ...letter, ...rest })));
        else printList(kept, letters.place);
        complainOf(unreadable);
      });
    });
  dlq
    .command('show')
    .description('one letter whole: its bytes as text where they are text, else in hexadecimal')
    .argument('<id>', 'its id, or how that begins')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--json', 'for machines', false)
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async (id, { pipeline, set, json }) => {
      const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
      await withLetters(plan, await quiet(), async (letters) => {
        const { kept, unreadable } = await lettersOf(letters, { ids: [id] }, true);
        complainOf(unreadable);
        const [found, another] = kept;
        if (!found || another)
          throw new QuantStreamError(
            'QS_CONFIG_READ',
            found ? `several letters begin with "${id}"` : `there is no letter "${id}" in ${letters.place}; see engine dlq list`,
          );
        if (!json) return printLetter(found);
        const { letter, ...rest } = found;
        printJson({ ...letter, ...rest });
      });
    });
  dlq
    .command('replay')
    .description('gives letters again to the sink or the topic that refused them, in order, and marks what was accepted')
    .argument('[ids...]', 'ids, or how they begin; default: all that wait')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--code <code>', 'only of this code')
    .option('--place <text>', 'only of places that contain this: SINK/TABLE/KEY, or TOPIC/PARTITION@OFFSET')
    .option('--since <when>', 'only put away since: a duration (2h) or a date')
    .option('--foreign', 'also observations that others wrote into the topic: they are taken for our own', false)
    .option('--dry-run', 'says what would be done, and does nothing', false)
    .option('--json', 'for machines: what became of each letter', false)
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async (ids, { pipeline, set, json, foreign, dryRun, ...given }) => {
      const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
      const outside = await quiet();
      const stop = new AbortController();
      const off = onStop((signal) => stop.abort(new QuantStreamError('QS_SINK_FAILED', `stopped by ${signal}`)));
      const all: Replayed[] = [];
      try {
        await withLetters(plan, outside, async (letters) => {
          for await (const one of replay(plan, outside, letters, { ...filterOf(given, ids), foreign, dryRun }, stop.signal))
            all.push(one);
        });
      } finally {
        off();
        if (json) printJson(all);
        else if (all.length === 0) print('no letter is to be replayed');
        else printReplayed(all, dryRun);
      }
      const of = (outcome: string) => all.filter((one) => one.outcome === outcome).length;
      if (of('refused') > 0 || (of('left') > 0 && of('replayed') === 0)) process.exitCode = LOOK_AT_IT;
    });
}
