// Files of trained models: what they must say to be believed.

import { z } from 'zod';
import {
  type Column,
  type LoadedArtifact,
  type ModelPlugin,
  messageOf,
  QuantStreamError,
  readBounded,
  type Trained,
  Unreadable,
} from '../api/index.js';
import { canonical, sha256 } from './file/canonical.js';

export const ARTIFACT_FORMAT = 'quantstream-model/1';
/** Share of the highest training scores that an artifact holds one by one; the rest as percentiles. */
const TAIL = 0.02;
/** Largest file of a model, bytes. */
const LARGEST = 512 * 1024 * 1024;

const artifactSchema = z.object({
  format: z.literal(ARTIFACT_FORMAT),
  model: z.string(),
  columns: z.array(z.object({ name: z.string(), unit: z.string() })).min(1),
  /** How the columns were computed: the features plugin and its configuration, or `null` when it was trained elsewhere. */
  features: z.object({ use: z.string(), with: z.unknown() }).nullable(),
  transform: z.literal('none'),
  parameters: z.record(z.string(), z.unknown()),
  trainedOn: z.object({ rows: z.int(), from: z.number().nullable(), to: z.number().nullable() }),
  quantiles: z.object({ count: z.int().min(1), body: z.array(z.number()).length(101), tail: z.array(z.number()) }),
  payload: z.unknown(),
  hash: z.string().nullable(),
});
export type Artifact = z.output<typeof artifactSchema>;

export interface ArtifactMaker {
  readonly model: string;
  readonly columns: readonly Column[];
  readonly features: { use: string; with: unknown };
  readonly parameters: Record<string, unknown>;
  readonly trainedOn: Artifact['trainedOn'];
}

/** Seals what a model plugin trained into an artifact. */
export function sealArtifact(maker: ArtifactMaker, trained: Trained): Artifact {
  const { scores } = trained;
  const n = scores.length;
  const body = Array.from({ length: 101 }, (_, i) => at(scores, (i / 100) * (n - 1)));
  const unsealed = {
    format: ARTIFACT_FORMAT,
    ...maker,
    columns: maker.columns.map(({ name, unit }) => ({ name, unit })),
    transform: 'none' as const,
    quantiles: { count: n, body, tail: [...scores.subarray(n - Math.ceil(n * TAIL))] },
    payload: trained.payload,
  };
  return { ...unsealed, hash: sha256(canonical(unsealed)) } as Artifact;
}

/**
 * Reads an artifact for a model of a pipeline.
 * @throws QS_ARTIFACT naming both sides of any mismatch
 */
export function loadArtifact(
  path: string,
  plugin: ModelPlugin,
  columns: readonly Column[],
  features: { use: string; with: unknown },
): LoadedArtifact {
  const refuse = (why: string): never => {
    throw new QuantStreamError('QS_ARTIFACT', `the model file ${path} cannot be used: ${why}`);
  };
  let raw: unknown;
  try {
    raw = JSON.parse(readBounded(path, LARGEST).toString());
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing) return refuse('it does not exist; make it with engine train');
    return refuse(error instanceof Unreadable ? `it ${error.message}` : messageOf(error));
  }
  const parsed = artifactSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return refuse(`it is no ${ARTIFACT_FORMAT} file (${issue.path.join('.') || 'top'}: ${issue.message})`);
  }
  const artifact = parsed.data;
  const { hash, ...unsealed } = raw as Record<string, unknown>;
  if (hash !== null && sha256(canonical(unsealed)) !== hash)
    return refuse('its content does not match its hash; it was changed or cut off after training');
  if (artifact.model !== plugin.name)
    return refuse(`it holds a model of "${artifact.model}", the pipeline uses "${plugin.name}"`);
  const trainedOn = artifact.columns.map(({ name, unit }) => `${name} (${unit})`).join(', ');
  const given = columns.map(({ name, unit }) => `${name} (${unit})`).join(', ');
  if (trainedOn !== given) return refuse(`it was trained on the columns ${trainedOn}, the pipeline gives it ${given}`);
  if (artifact.features && canonical(artifact.features) !== canonical(features)) {
    return refuse(`its columns were made by ${canonical(artifact.features)}, the pipeline makes them by ${canonical(features)}`);
  }
  if (!plugin.load) return refuse(`"${plugin.name}" does not load trained models`);
  try {
    const version = `trained-${(hash === null ? sha256(canonical(unsealed)) : String(hash)).slice(0, 12)}`;
    return { version, payload: plugin.load(artifact.payload, columns), scores: expandQuantiles(artifact.quantiles) };
  } catch (error) {
    return refuse(messageOf(error));
  }
}

/** The training scores again: exact in the tail, linear between percentiles below it. */
export function expandQuantiles({ count, body, tail }: Artifact['quantiles']): Float64Array {
  const scores = new Float64Array(count);
  const exactFrom = count - Math.min(tail.length, count);
  for (let i = 0; i < count; i++) {
    scores[i] = i >= exactFrom ? tail[i - exactFrom]! : at(body, count === 1 ? 0 : (i / (count - 1)) * 100);
  }
  return scores.sort();
}

function at(values: ArrayLike<number>, position: number): number {
  const below = Math.min(Math.floor(position), values.length - 1);
  const above = Math.min(below + 1, values.length - 1);
  return values[below]! + (values[above]! - values[below]!) * (position - below);
}
