import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Exit, startEngine } from '../../test/command-line.js';
import type { Role } from '../src/compose/container.js';
import { composePipeline, type Pipeline } from '../src/compose/pipeline.js';
import { systemClock } from '../src/ports/clock.js';
import { MemoryLog } from '../src/ports/log.js';
import { MemoryMetrics } from '../src/ports/metrics.js';
import { planPipeline } from '../src/spec/plan.js';
import type { Plan } from '../src/spec/planned.js';
import type { Summary } from '../src/vitals/summary.js';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));

export interface Line {
  readonly what: string;
  readonly [name: string]: unknown;
}

/** A folder with the fixture plugins and pipeline files, for one test file. */
export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'quantstream-engine-'));

  constructor() {
    cpSync(FIXTURES, this.directory, { recursive: true });
  }

  /** The pipeline of the fixtures, with parts of it replaced. */
  pipeline(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      name: 'test',
      source: { use: './counter-source', with: { count: 1_000 } },
      features: { use: './mean-features' },
      models: { z: { use: './deviation-model', columns: ['mean_level', 'mean_change'] } },
      alarms: { threshold: 4, cooldown: '60s' },
      sinks: { lines: { use: './lines-sink', with: { path: './out.jsonl' } } },
      ...changes,
    };
  }

  write(name: string, content: string | object): string {
    const path = join(this.directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : stringify(content));
    return path;
  }

  plan(content: string | object, name = 'pipeline.yaml', set: string[] = []): Promise<Plan> {
    return planPipeline(this.write(name, content), { dataRoot: join(this.directory, 'data'), set, environment: {} });
  }

  async compose(
    content: object,
    name?: string,
    role: Role = 'all',
  ): Promise<{ pipeline: Pipeline; log: MemoryLog; metrics: MemoryMetrics }> {
    const log = new MemoryLog();
    const metrics = new MemoryMetrics();
    const plan = await this.plan(content, name);
    const pipeline = await composePipeline(plan, { clock: systemClock, log, metrics, graceMs: 500 }, role);
    return { pipeline, log, metrics };
  }

  /** Runs to the end of the source. */
  async run(content: object): Promise<Summary> {
    const { pipeline } = await this.compose(content);
    const ending = await pipeline.run(new AbortController().signal);
    return pipeline.summary(ending, 1);
  }

  /** Runs the command line to its end, in a process of its own. */
  engine(...args: string[]): Promise<Exit> {
    return startEngine(this.directory, args).exit;
  }

  /** When the last checkpoint of a pipeline was written, where there is one. */
  checkpointedAt(pipeline: string): number | undefined {
    const manifest = join(this.directory, 'data', pipeline, 'checkpoint', 'manifest.json');
    return statSync(manifest, { throwIfNoEntry: false })?.mtimeMs;
  }

  /** What the lines sink wrote. */
  lines(path = 'out.jsonl'): Line[] {
    return readFileSync(join(this.directory, path), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }

  forget(path = 'out.jsonl'): void {
    rmSync(join(this.directory, path), { force: true });
    rmSync(join(this.directory, 'data'), { recursive: true, force: true });
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The lines of some kinds, each once, in an order that does not depend on how they were written. */
export function distinct(lines: readonly Line[], ...kinds: string[]): string[] {
  return [...new Set(lines.filter(({ what }) => kinds.includes(what)).map((line) => JSON.stringify(line)))].sort();
}
