// The manifests of deploy/kubernetes, against the schemas of Kubernetes and KEDA, and against the engine.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULT_GRACE } from '../engine/src/compose/container.js';
import { Bench } from './support.js';

const FOLDER = resolve(import.meta.dirname, '..', 'deploy', 'kubernetes');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: their types are what is checked
type Manifest = any;

const KINDS: Record<string, new (manifest: Manifest) => { validate(): void }> = {
  Deployment,
  PodDisruptionBudget,
  ScaledObject,
};
const kustomization = parse(read('kustomization.yaml'));
const manifests: Manifest[] = kustomization.resources.flatMap((name: string) =>
  parseAllDocuments(read(name)).map((document) => document.toJS()),
);
const of = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name);
const engines = manifests.filter(({ kind }) => kind === 'Deployment');
const bench = new Bench();
afterAll(() => bench.dispose());

describe('deploy/kubernetes', () => {
  it('holds what the schemas of Kubernetes and KEDA allow', () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'Deployment', 'PodDisruptionBudget', 'ScaledObject']);
    for (const manifest of manifests) new KINDS[manifest.kind]!(manifest).validate();
    const [wrong] = structuredClone(engines);
    wrong.spec.template.spec.containers[0].ports[0].containerPort = 'http';
    expect(() => new Deployment(wrong).validate()).toThrow(/containerPort/);
  });

  it('leaves no file of the folder out', () => {
    const used = ['kustomization.yaml', 'README.md', ...kustomization.resources, ...kustomization.configMapGenerator[0].files];
    expect(readdirSync(FOLDER).sort()).toEqual(used.sort());
  });

  it('gives each engine time to end, no right that it does not need, and only what is there', () => {
    for (const { spec } of engines) {
      const { containers, volumes, terminationGracePeriodSeconds, securityContext } = spec.template.spec;
      expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(2 * DEFAULT_GRACE);
      expect(securityContext.runAsNonRoot).toBe(true);
      const [engine] = containers;
      expect(engine.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
      const mounted = engine.volumeMounts.map(({ name }: { name: string }) => name);
      expect(volumes.map(({ name }: { name: string }) => name)).toEqual(mounted);
      const heap = Number(/=(\d+)$/.exec(engine.env.find(({ name }: { name: string }) => name === 'NODE_OPTIONS').value)![1]);
      expect(heap).toBeLessThan(0.75 * Number.parseInt(engine.resources.limits.memory, 10));
      expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
      expect(engine.args.at(-1)).toBe(spec.template.metadata.labels['quantstream/role']);
    }
    expect(of('Deployment', 'quantstream-ingest').spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('scales what it names by the group and the topic of the pipeline', () => {
    const { spec } = of('ScaledObject', 'quantstream-detect');
    expect(of('Deployment', spec.scaleTargetRef.name)).toBeDefined();
    const { channel } = parse(read('pipeline.yaml'));
    const { consumerGroup, topic } = spec.triggers[0].metadata;
    expect([consumerGroup, topic]).toEqual([channel.with.group, channel.with.topic]);
  });

  it('runs a pipeline that the engine finds valid', async () => {
    const secret = bench.write('url', 'postgresql://quantstream@localhost/quantstream\n');
    const text = read('pipeline.yaml')
      .replace('/app/', `${resolve(FOLDER, '..', '..').replaceAll('\\', '/')}/`)
      .replaceAll('/run/secrets/quantstream/url', secret.replaceAll('\\', '/'))
      .replace('${KAFKA_BROKERS}', 'redpanda:9092');
    const { code, stderr } = await bench.run(['validate', '--no-files', bench.write('pipeline.yaml', text)]);
    expect(code, stderr).toBe(0);
  });
});
