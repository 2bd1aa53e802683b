// What the state of a pipeline depends on, in words that can be stored and compared; secrets stand in it as fingerprints.

import { createHash } from 'node:crypto';
import type { FeaturesPlugin, Plugin, SourcePlugin } from '../api/index.js';
import { canonical } from './file/canonical.js';
import { fingerprinted, hidden } from './file/masked.js';
import type { Tree } from './file/tree.js';
import type { PlannedModel, PlannedPart } from './planned.js';
import type { PipelineConfig } from './schema.js';

export function signatureOf(
  config: PipelineConfig,
  source: PlannedPart<SourcePlugin>,
  features: PlannedPart<FeaturesPlugin>,
  models: readonly PlannedModel[],
  holidays?: object,
): Record<string, string> {
  const of = (part: PlannedPart<Plugin>, more: object = {}, basis: unknown = part.config) =>
    canonical({ use: part.plugin.name, with: fingerprinted(basis), ...more });
  const judged = models.map((model) => {
    const more = {
      columns: model.columns.map(({ name }) => name),
      scope: model.scope,
      artifact: model.artifact?.version,
      transform: model.transform,
      senses: model.senses?.map((sense) => sense ?? null),
      // The window is part of the state; the rest may change.
      window: model.life?.window,
    };
    return [`models.${model.name}`, of(model, more)] as const;
  });
  // Which partition a key is in decides which state it meets.
  const through = config.channel && {
    channel: canonical({ topic: config.channel.with.topic, partitions: config.channel.with.partitions }),
  };
  const read = of(source, {}, source.plugin.basis ? source.plugin.basis(source.config) : source.config);
  // Next year's holidays are no other pipeline; a country, or a library that knows other days of it, is one.
  const { holidays: _, ...rest } = config.time;
  const time = { ...rest, ...(holidays ? { holidays } : {}) };
  const grouped = config.groups && { groups: canonical(config.groups) };
  return {
    source: read,
    ...through,
    ...grouped,
    features: of(features),
    time: canonical(time),
    ...Object.fromEntries(judged),
  };
}

/** Stands for all that rows are judged by, whatever they are read from: twelve hex digits. */
export function judgementOf(
  { alarms: { incidents: _told, ...alarms }, models, time: { holidays } }: Pick<PipelineConfig, 'alarms' | 'models' | 'time'>,
  { source: _, channel: __, ...judged }: Readonly<Record<string, string>>,
): string {
  // Of the models the columns, configurations and artifacts are in the signature already.
  const more = Object.entries(models).map(([name, { transform, life }]) => [name, transform, life]);
  return createHash('sha256').update(canonical({ judged, alarms, more, holidays })).digest('hex').slice(0, 12);
}

/** What the values of columns depend on: stored in trained models, and compared. */
export function basisOf({ plugin, config }: PlannedPart<FeaturesPlugin>): { use: string; with: unknown } {
  return { use: plugin.name, with: plugin.basis ? plugin.basis(config) : config };
}

/** What variables and secret files put into the configuration. */
export function secretsOf(tree: Tree): string[] {
  if (tree.kind === 'scalar') return tree.secret && String(tree.value).length > 0 ? [String(tree.value)] : [];
  return (tree.kind === 'list' ? [...tree.items] : [...tree.entries.values()].map(({ value }) => value)).flatMap(secretsOf);
}

/** The signature is stored and shown, so what came from outside stands in it as a fingerprint. */
export function hideSecrets(signature: Record<string, string>, secrets: readonly string[]): Record<string, string> {
  const shown = { ...signature };
  for (const [part, text] of Object.entries(signature)) {
    shown[part] = secrets.reduce(
      (result, secret) => result.replaceAll(JSON.stringify(secret), JSON.stringify(hidden(secret))),
      text,
    );
  }
  return shown;
}
