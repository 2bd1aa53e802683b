// Verdicts on their way back from a thread: ordinary ones as numbers, the few of which more is said as they are.

import type { ModelVerdict, PipelineSchema, Verdict } from '../../api/index.js';
import { compileNames } from '../../judge/compiled.js';

/** What stands before the values of each: key, time, n, leading, score, threshold, p-value, calibrated, reason. */
const HEAD = 9;
/** What stands for each model: score, threshold, p-value, version, anomalous. */
const MODEL = 5;
const NO_WORD = -1;
/** Calibrated by what other keys have shown. */
const BORROWED = 2;

/** Verdicts of a batch. Texts stand once, and are referred to by number. */
export interface PackedVerdicts {
  readonly count: number;
  readonly words: readonly string[];
  readonly numbers: Float64Array;
  /** Those that numbers cannot hold, by their place among all. */
  readonly whole: readonly (readonly [number, Verdict])[];
}

/** What packs and unpacks the verdicts of a pipeline. */
export class VerdictPacking {
  private readonly pipeline: string;
  private readonly kind: string;
  private readonly columns: readonly string[];
  private readonly models: readonly string[];
  private readonly valuesOf: ReturnType<typeof compileNames>;
  private readonly size: number;

  constructor({ pipeline, row, models }: PipelineSchema) {
    this.pipeline = pipeline;
    this.kind = row.kind;
    this.columns = row.columns.map(({ name }) => name);
    this.models = models.map(({ name }) => name);
    this.valuesOf = compileNames(this.columns);
    this.size = HEAD + this.columns.length + MODEL * this.models.length;
  }

  pack(verdicts: readonly Verdict[]): PackedVerdicts {
    const { size, columns, models } = this;
    const words: string[] = [];
    const known = new Map<string, number>();
    const wordOf = (text: string): number => {
      let number = known.get(text);
      if (number === undefined) {
        number = words.push(text) - 1;
        known.set(text, number);
      }
      return number;
    };
    const whole: [number, Verdict][] = [];
    const numbers = new Float64Array(size * verdicts.reduce((count, verdict) => count + (isPlain(verdict) ? 1 : 0), 0));
    let at = 0;
    verdicts.forEach((verdict, place) => {
      if (!isPlain(verdict)) {
        whole.push([place, verdict]);
        return;
      }
      numbers[at++] = wordOf(verdict.key);
      numbers[at++] = verdict.time;
      numbers[at++] = verdict.n;
      numbers[at++] = wordOf(verdict.leading);
      numbers[at++] = verdict.score;
      numbers[at++] = verdict.threshold;
      numbers[at++] = verdict.pValue;
      numbers[at++] = verdict.borrowed ? BORROWED : verdict.calibrated ? 1 : 0;
      numbers[at++] = verdict.reason === undefined ? NO_WORD : wordOf(verdict.reason);
      for (const column of columns) numbers[at++] = verdict.values[column]!;
      for (const model of models) {
        const { score, threshold, pValue, version, anomalous } = verdict.models[model]!;
        numbers[at++] = score;
        numbers[at++] = threshold;
        numbers[at++] = pValue;
        numbers[at++] = wordOf(version);
        numbers[at++] = anomalous ? 1 : 0;
      }
    });
    return { count: verdicts.length, words, numbers, whole };
  }

  unpack({ count, words, numbers, whole }: PackedVerdicts): Verdict[] {
    const verdicts = new Array<Verdict>(count);
    let at = 0;
    let next = 0;
    for (let place = 0; place < count; place++) {
      if (whole[next]?.[0] === place) verdicts[place] = whole[next++]![1];
      else {
        verdicts[place] = this.verdictAt(numbers, at, words);
        at += this.size;
      }
    }
    return verdicts;
  }

  private verdictAt(numbers: Float64Array, at: number, words: readonly string[]): Verdict {
    const { pipeline, kind, columns } = this;
    const key = words[numbers[at]!]!;
    const time = numbers[at + 1]!;
    const n = numbers[at + 2]!;
    const reason = numbers[at + 8]!;
    const behind = at + HEAD + columns.length;
    const models: Record<string, ModelVerdict> = {};
    for (let i = 0; i < this.models.length; i++) {
      const from = behind + MODEL * i;
      models[this.models[i]!] = {
        score: numbers[from]!,
        threshold: numbers[from + 1]!,
        pValue: numbers[from + 2]!,
        version: words[numbers[from + 3]!]!,
        anomalous: numbers[from + 4] === 1,
      };
    }
    const verdict: { -readonly [Name in keyof Verdict]: Verdict[Name] } = {
      id: `${pipeline}/${key}/${kind}/${time}/${n}`,
      pipeline,
      key,
      kind,
      time,
      n,
      values: this.valuesOf(numbers.subarray(at + HEAD, behind)),
      models,
      leading: words[numbers[at + 3]!]!,
      score: numbers[at + 4]!,
      threshold: numbers[at + 5]!,
      pValue: numbers[at + 6]!,
      calibrated: numbers[at + 7]! > 0,
      anomalous: false,
      raised: false,
    };
    if (numbers[at + 7] === BORROWED) verdict.borrowed = true;
    if (reason !== NO_WORD) verdict.reason = words[reason]!;
    return verdict;
  }
}

/** Whether numbers and a few words say all of it. */
const isPlain = ({ anomalous, raised, severity, episode, news, taught }: Verdict): boolean =>
  !anomalous && !raised && severity === undefined && episode === undefined && news === undefined && taught === undefined;
