import type { Command } from '@commander-js/extra-typings';
import { backtestHtml, backtestOf, backtestText } from '../../evaluate/index.js';
import { collect, LENIENT } from '../options.js';
import { checkOutput, codeOf, planOf, put, runOf } from '../recorded/judged-recording.js';

/** `engine backtest`. */
export function addBacktest(program: Command): void {
  program
    .command('backtest')
    .description('runs a pipeline over a recording at full speed and says what it would have raised')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file; its source must come to an end')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .option(...LENIENT)
    .option('--json', 'for machines', false)
    .option('--out <file>', 'writes the JSON to a file')
    .option('--html <file>', 'writes a self-contained page')
    .action(async ({ pipeline, set, lenient, ...output }) => {
      checkOutput(output);
      const run = await runOf(await planOf(pipeline, set), { set, drawn: output.html !== undefined, proposes: true });
      const report = backtestOf(run);
      put(
        output,
        report,
        () => backtestText(report),
        () => backtestHtml(report, run),
      );
      process.exitCode = codeOf([run], lenient);
    });
}
