// The laws of records: what is told apart, and what is left out.

import type { SinkBatch } from '../../api/index.js';
import type { Laws } from '../law.js';
import { difference, EMPTY, episodeOf, observationOf, type SinkTrial, verdictOf } from './trial.js';

const MISSING = { key: 'tank', from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1, 0, 1), reason: 'disconnected', count: 3 };
const only = (part: Partial<SinkBatch>): SinkBatch => ({ ...EMPTY, ...part });

/** Records that differ in one thing. */
const PAIRS: Readonly<Record<string, readonly [SinkBatch, SinkBatch]>> = {
  'observations of two keys': [only({ observations: [observationOf()] }), only({ observations: [observationOf({ key: '2' })] })],
  'observations of two types': [
    only({ observations: [observationOf({ values: { level: 1 } })] }),
    only({ observations: [observationOf({ type: 'rain', values: { level: 1 } })] }),
  ],
  'observations of two sequences': [
    only({ observations: [observationOf()] }),
    only({ observations: [observationOf({ sequence: 12 })] }),
  ],
  'observations whose key and sequence read alike': [
    only({ observations: [observationOf({ key: '1', sequence: 11 })] }),
    only({ observations: [observationOf({ key: '11', sequence: 1 })] }),
  ],
  'observations whose keys hold separators': [
    only({ observations: [observationOf({ key: 'a/b' })] }),
    only({ observations: [observationOf({ key: 'a' })] }),
  ],
  'verdicts of one key and moment': [only({ verdicts: [verdictOf()] }), only({ verdicts: [verdictOf({ n: 1, score: 0.5 })] })],
  'verdicts of two keys': [only({ verdicts: [verdictOf()] }), only({ verdicts: [verdictOf({ key: 'other' })] })],
  'losses of one key': [
    only({ missing: [MISSING] }),
    only({ missing: [{ ...MISSING, from: MISSING.from + 3_600_000, to: MISSING.to + 3_600_000 }] }),
  ],
};

/** Records that lack something, or hold what is hard to write. */
const ODD: Readonly<Record<string, SinkBatch>> = {
  'a verdict without a score': only({ verdicts: [verdictOf({ score: Number.NaN, threshold: Number.NaN, pValue: Number.NaN })] }),
  'a loss of unknown size': only({ missing: [{ key: '*', from: MISSING.from, to: MISSING.to, reason: 'disconnected' }] }),
  'an observation without a text': only({ observations: [observationOf({ values: { level: 1 } })] }),
  'an episode without a p-value': only({ episodes: [episodeOf({ pValue: Number.NaN, topics: [] })] }),
};

const HOSTILE = [
  '\0',
  'a\0b',
  '\u001b[31m',
  '__proto__',
  '${x}',
  "'; drop table x; --",
  '=1+1',
  '\u2028',
  '%00',
  'x'.repeat(100_000),
];

/** What a sink promises of single records. */
export const RECORD_LAWS: Laws<SinkTrial> = {
  'tells records apart that differ in one thing': async (trial) => {
    for (const [what, [one, other]] of Object.entries(PAIRS)) {
      const kind = (['observations', 'verdicts', 'missing'] as const).find((part) => one[part].length > 0)!;
      if (!((await trial.showsKind(kind, one)) && (await trial.shows(other)))) continue;
      const both = await trial.written(one, other);
      for (const alone of [one, other]) {
        if (difference(both, await trial.written(alone)) === undefined) return `of two ${what} only one is on record`;
      }
    }
    return undefined;
  },

  'tells what is 0 from what is missing, where it writes numbers': async (trial) => {
    const scored = (score: number) => only({ verdicts: [verdictOf({ score })] });
    const valued = (level_change: number) =>
      only({ verdicts: [verdictOf({ values: { level_mean: 1, level_change, flow_mean: 3 } })] });
    for (const [what, made] of [['score', scored] as const, ['value', valued] as const]) {
      const same = async (a: number, b: number) =>
        difference(await trial.written(made(a)), await trial.written(made(b))) === undefined;
      if (await same(1, 0.5)) continue;
      if (await same(0, Number.NaN)) return `a ${what} of 0 and none at all are the same on record`;
    }
    return undefined;
  },

  'writes batches of one kind, and records without their optional parts': async (trial) => {
    const kinds = { observations: [observationOf()], verdicts: [verdictOf()], episodes: [episodeOf()], missing: [MISSING] };
    for (const [kind, records] of Object.entries(kinds)) await trial.written(only({ [kind]: records }));
    for (const [what, batch] of Object.entries(ODD)) {
      try {
        await trial.written(batch);
      } catch (error) {
        return `${what} is not written: ${(error as Error).message}`;
      }
    }
    return undefined;
  },

  'keeps what an episode was last sent as, if it is idempotent': async (trial) => {
    if (trial.plugin.delivery !== 'idempotent') return undefined;
    const open = episodeOf();
    const closed = episodeOf({ status: 'closed', end: open.end + 9_000, rows: 3 });
    const last = await trial.written(only({ episodes: [closed] }));
    const inOne = difference(await trial.written(only({ episodes: [open, closed] })), last);
    if (inOne) return `sent open and closed in one batch: ${inOne}`;
    const inTwo = difference(await trial.written(only({ episodes: [open] }), only({ episodes: [closed] })), last);
    return inTwo && `sent open and then closed: ${inTwo}`;
  },

  'writes hostile texts or puts them away, waits for that, and writes the rest': async (trial) => {
    for (const kind of ['verdicts', 'episodes', 'observations'] as const) {
      const visible = await trial.showsKind(kind, withText(kind, ['harmless']));
      const good = visible ? await trial.written(withText(kind, ['harmless'])) : [];
      const found = await hostileTexts(trial, kind, HOSTILE, good);
      if (found === undefined) continue;
      // Which one it is.
      for (const text of HOSTILE) {
        const one = await hostileTexts(trial, kind, [text], good);
        if (one !== undefined) return `${JSON.stringify(text.slice(0, 20))} in ${kind}: ${one}`;
      }
      return `of hostile texts in ${kind}: ${found}`;
    }
    return undefined;
  },
};

/** A record for each text. */
function withText(kind: 'verdicts' | 'episodes' | 'observations', texts: readonly string[]): SinkBatch {
  return only({
    [kind]: texts.map((text, i) => {
      if (kind === 'verdicts') return verdictOf({ n: i, reason: text });
      return kind === 'episodes'
        ? episodeOf({ id: `text/${i}`, reason: text })
        : observationOf({ sequence: 100 + i, text: { state: text } });
    }),
  });
}

/** @param good what one harmless record of the kind leaves; nothing where such records are not seen */
async function hostileTexts(
  trial: SinkTrial,
  kind: 'verdicts' | 'episodes' | 'observations',
  texts: readonly string[],
  good: readonly string[],
): Promise<string | undefined> {
  const { n, sink, letters } = await trial.open();
  const batch = withText(kind, ['harmless', ...texts]);
  try {
    await sink.write(batch);
  } catch (error) {
    return `the batch is refused, and all that is beside them: ${(error as Error).message}`;
  }
  const waiting = letters.begun - letters.done;
  await sink.close();
  const records = await trial.read(n);
  if (waiting > 0) return 'write resolves before its dead letter has';
  const lost = good.find((record) => !records.includes(record));
  if (lost !== undefined) return `what stands beside them is not written: ${lost.slice(0, 100)}`;
  const accounted = letters.done + records.length - good.length;
  if (good.length > 0 && accounted < texts.length)
    return `${texts.length - accounted} of ${texts.length} are neither on record nor dead letters`;
  return undefined;
}
