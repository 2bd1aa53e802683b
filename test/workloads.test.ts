// The preset for Kubernetes, fed as Prometheus feeds it: series as cAdvisor and kube-state-metrics name them, relabelled as docs/push.md says.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gaussian } from '../engine/src/api/index.js';
import { type Said, sendWrite, writeRequest } from '../plugins/source-push/test/bodies.js';
import { freePort } from '../scripts/lib/servers.mjs';
import { Bench, ROOT, type Running } from './support.js';

const bench = new Bench();
let running: Running | undefined;
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.exit;
});
afterAll(() => bench.dispose());

interface Rule {
  readonly source_labels: readonly string[];
  readonly regex?: string;
  readonly action?: string;
  readonly target_label?: string;
}
type Labels = Record<string, string>;

const documented = /## Kubernetes\n[\s\S]*?```yaml[^\n]*\n([\s\S]*?)```/.exec(
  readFileSync(join(ROOT, 'docs/push.md'), 'utf8'),
)![1]!;
const RULES: Rule[] = parse(documented).remote_write[0].write_relabel_configs;

/** What Prometheus makes of labels by relabelling, as far as the rules go. @returns `undefined`: the series is not sent */
function relabelled(given: Labels): Labels | undefined {
  const labels = { ...given };
  for (const { source_labels, regex = '(.*)', action = 'replace', target_label } of RULES) {
    const found = new RegExp(`^(?:${regex})$`, 's').exec(source_labels.map((name) => labels[name] ?? '').join(';'));
    if (action === 'replace') {
      if (found) labels[target_label!] = found[1]!;
    } else if ((action === 'keep') !== (found !== null)) return undefined;
  }
  // An empty label is none.
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

const MINUTE = 60_000;
const [STEP, HOUR] = [30_000, 60 * MINUTE];
const EPOCH = Date.UTC(2026, 0, 5);

/** A pod with an application and a proxy beside it, its counters, and since when it is. */
interface Pod {
  readonly since: number;
  readonly name: string;
  readonly node: number;
  cpu: number;
  bytes: number;
}
const born = (name: string, node: number, cpu: number, since = -10 * HOUR): Pod => ({ name, node, since, cpu, bytes: cpu * 1e5 });

/** What a scrape of a node, and of kube-state-metrics, says of a pod. The kubelet stamps containers when it looked at them, some seconds before. */
function says(pod: Pod, workload: { namespace: string; memory: number }, at: number, chance: () => number): Said[] {
  const { namespace, memory } = workload;
  const base = { job: 'kubelet', metrics_path: '/metrics/cadvisor', node: `node-${pod.node}`, namespace, pod: pod.name };
  const scraped = at + 3_000 + pod.node * 7_000;
  const stamp = () => scraped - Math.floor(Math.min(Math.abs(chance()), 3) * 3_000);
  const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod.name}.slice`;
  const container = (name: string, share: number): Said[] => {
    const more = name === '' ? {} : { container: name, image: `registry.example/${name}:1`, name: `${pod.name}-${name}` };
    const id = name === '' ? slice : `${slice}/cri-containerd-${name}.scope`;
    const time = stamp();
    return [
      {
        labels: { __name__: 'container_cpu_usage_seconds_total', cpu: 'total', id, ...base, ...more },
        samples: [[time, pod.cpu * share]],
      },
      { labels: { __name__: 'container_memory_working_set_bytes', id, ...base, ...more }, samples: [[time, memory * share]] },
    ];
  };
  const pause = { image: 'registry.k8s.io/pause:3.9', name: `${pod.name}-sandbox`, id: `${slice}/cri-containerd-sandbox.scope` };
  const network = (direction: string, factor: number): Said => ({
    labels: { __name__: `container_network_${direction}_bytes_total`, interface: 'eth0', ...pause, ...base },
    samples: [[scraped - 1_000, pod.bytes * factor]],
  });
  return [
    ...container('', 1),
    ...container('app', 0.8),
    ...container('proxy', 0.2),
    { labels: { __name__: 'container_cpu_usage_seconds_total', cpu: 'total', ...pause, ...base }, samples: [[scraped, 0.01]] },
    network('receive', 1),
    network('transmit', 3),
    { labels: { __name__: 'container_fs_usage_bytes', ...base }, samples: [[scraped, 1]] },
    ...['app', 'proxy'].map((name) => ({
      labels: {
        __name__: 'kube_pod_container_status_restarts_total',
        namespace,
        pod: pod.name,
        container: name,
        uid: pod.name,
        job: 'ksm',
      },
      samples: [[at + 11_000, 0]] as const,
    })),
  ];
}

/** What the sink wrote. */
interface Written {
  readonly what: string;
  readonly key: string;
  readonly time: number;
  readonly values: Record<string, number | null>;
  readonly anomalous?: boolean;
  readonly start?: number;
  readonly columns?: readonly string[];
}

describe('the labels that docs/push.md makes', () => {
  it.each([
    ['web-7d4b9c6f5d-x2x7k', 'web'],
    ['shop-api-5bd8c7f9c4-zk4tq', 'shop-api'],
    ['node-exporter-x2x7k', 'node-exporter'],
    ['cleanup-29034560-x2x7k', 'cleanup'],
    ['postgres-0', 'postgres'],
    ['prometheus-main-12', 'prometheus-main'],
    ['cache-http2-0', 'cache-http2'],
    ['a-b-c', 'a-b-c'],
    ['etcd-control-plane', 'etcd-control-plane'],
  ])('%s is of %s', (pod, workload) => {
    const labels = relabelled({ __name__: 'container_memory_working_set_bytes', namespace: 'a', pod });
    expect(labels).toMatchObject({ namespace: 'a', pod, workload });
  });

  it('are sent of pods and columns only', () => {
    const of = (labels: Labels) => relabelled({ namespace: 'a', pod: 'web-0', ...labels }) !== undefined;
    expect(of({ __name__: 'container_cpu_usage_seconds_total' })).toBe(true);
    expect(of({ __name__: 'container_cpu_usage_seconds_total', pod: '' })).toBe(false);
    expect(of({ __name__: 'container_cpu_usage_seconds_total', container: 'app' })).toBe(false);
    expect(of({ __name__: 'container_fs_usage_bytes' })).toBe(false);
    expect(of({ __name__: 'container_network_receive_bytes_total', container: 'POD' })).toBe(true);
    expect(of({ __name__: 'kube_pod_container_status_restarts_total', container: 'app' })).toBe(true);
  });
});

describe('kubernetes.yaml', () => {
  it('calls no pod odd that is replaced, and a leak of memory is', async () => {
    const port = await freePort();
    bench.write('kubernetes.yaml', {
      extends: join(ROOT, 'pipelines/kubernetes.yaml'),
      source: { with: { join: '300ms' } },
      sinks: {
        database: null,
        page: null,
        console: null,
        out: { use: 'file', with: { path: './out.jsonl', write: ['verdicts', 'episodes'] } },
      },
      http: { listen: `127.0.0.1:${port}` },
    });
    running = bench.start(['-p', 'kubernetes.yaml', '--log-format', 'text', '--summary', '-']);
    await running.says('push: listens at');
    const address = `http://127.0.0.1:${port}/kubernetes/push`;

    const [end, replaced, leaks] = [40 * HOUR, 32 * HOUR, 36 * HOUR];
    const chance = gaussian(7);
    const web = ['x2x7k', 'b9z4q', 'tk6lw'].map((id, i) => born(`web-7d4b9c6f5d-${id}`, i, 5_000 + 900 * i));
    const cart = ['0', '1'].map((id, i) => born(`cart-${id}`, i, 3_000));
    const solo = [born('solo-6f9d8b7c54-q2w4r', 0, 8_000)];
    let body: Said[] = [];
    for (let at = 0; at < end; at += STEP) {
      // Two of three pods go, one after the other, and others come on other nodes: their counters begin anew, their memory fills.
      if (at === replaced) web.splice(1, 1, born('web-7d4b9c6f5d-n8v5r', 2, 0, at));
      if (at === replaced + 5 * MINUTE) web.splice(0, 1, born('web-7d4b9c6f5d-mm2hs', 1, 0, at));
      if (at === replaced) solo.splice(0, 1, born('solo-6f9d8b7c54-vvx8z', 1, 0, at));
      for (const [pods, more] of [
        [web, 0],
        [solo, 0],
        [cart, Math.max(0, at - leaks) / HOUR],
      ] as const)
        pods.forEach((pod, i) => {
          pod.cpu += (STEP / 1_000) * Math.max(0.01, 0.2 + 0.02 * chance());
          pod.bytes += STEP * Math.max(1, 10 + chance());
          // One of the two pods of cart loses 40 MB an hour.
          const young = Math.max(0, 1 - (at - pod.since) / (10 * MINUTE));
          const memory = 4e8 + 4e6 * chance() + (i === 1 ? 4e7 * more : 0) - (pods === solo ? 0 : 2e8 * young);
          for (const { labels, samples } of says(pod, { namespace: 'shop', memory }, EPOCH + at, chance)) {
            const sent = relabelled(labels);
            if (sent) body.push({ labels: sent, samples });
          }
        });
      if (body.length < 5_000 && at + STEP < end) continue;
      // Whole minutes, so that no pause between two requests matters; what is stamped later is at most some seconds before the next scrape.
      const whole = at + STEP < end ? EPOCH + Math.floor(at / MINUTE - 1) * MINUTE : Number.POSITIVE_INFINITY;
      const [now, later] = [true, false].map((first) => body.filter(({ samples }) => samples[0]![0] < whole === first));
      for (;;) {
        const { status } = await sendWrite(address, writeRequest(now!));
        if (status === 204) break;
        expect(status).toBe(503);
        await sleep(50);
      }
      body = later!;
    }
    const records = () =>
      existsSync(bench.path('out.jsonl'))
        ? readFileSync(bench.path('out.jsonl'), 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as Written)
        : [];
    const isLast = ({ what, key, time }: Written) => what === 'verdict' && key === 'shop/web' && time >= EPOCH + end - 5 * MINUTE;
    for (let tries = 0; tries < 2_400 && !records().some(isLast); tries++) await sleep(50);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.exit;
    expect(code, stderr).toBe(0);
    const verdicts = records().filter(({ what }) => what === 'verdict');
    expect([...new Set(verdicts.map(({ key }) => key))].sort()).toEqual(['shop/cart', 'shop/solo', 'shop/web']);
    // What a pod takes is what its containers take, and the sandbox is none of them, whoever was replaced.
    const near = verdicts.filter(({ key, time }) => key !== 'shop/cart' && Math.abs(time - EPOCH - replaced) <= 10 * MINUTE);
    expect(near.filter(({ key }) => key === 'shop/web').length).toBe(21);
    for (const { key, time, values, anomalous } of near) {
      const { cpu, received, sent, restarts } = values;
      // The first sample of the only pod of solo has no rates.
      if (key === 'shop/solo' && cpu === null) continue;
      expect(cpu, `${key} at ${time}`).toBeGreaterThan(0.1);
      expect(cpu).toBeLessThan(0.3);
      expect(received! / 1e4).toBeCloseTo(1, 0);
      expect(sent! / received!).toBeCloseTo(3, 5);
      expect(restarts).toBe(0);
      expect(anomalous, `${key} at ${time}`).toBe(false);
    }
    const episodes = records().filter(({ what }) => what === 'episode');
    expect(episodes.filter(({ key }) => key !== 'shop/cart')).toEqual([]);
    const leak = episodes.filter(({ key }) => key === 'shop/cart');
    expect(leak.length).toBeGreaterThan(0);
    for (const { start, columns } of leak) {
      expect(start).toBeGreaterThanOrEqual(EPOCH + leaks);
      expect(columns).toContain('memory_slope_1h');
    }
    expect(leak[0]!.start! - EPOCH - leaks).toBeLessThan(HOUR);
  }, 240_000);
});
