// What can be done with a pipeline that does not run: serve what its sinks stored, look whether all that it needs is there.

import { type Finding, messageOf, type OutsideHost, type SinkPlugin, type SourcePlugin, type StorePlugin } from '../api/index.js';
import type { Plan } from '../spec/planned.js';
import { Drops } from '../vitals/drops.js';
import { notRunning } from '../vitals/status.js';
import { checkpointsIn } from './checkpoints.js';
import { containerOf, kafkaParts, type Outside, outsideHostOf, type Role, TOKENS } from './container.js';
import { Addresses, type Answering } from './outside.js';
import { Histories } from './people/histories.js';
import { idlePeople } from './people/idle.js';
import { NOWHERE } from './people/later-door.js';

/** A host for what a sink does without a pipeline running: keeping labels, say. */
export function sinkHostOf(plan: Plan, name: string, outside: Outside, signal: AbortSignal): OutsideHost {
  return { ...outsideHostOf(containerOf(plan, outside), name), signal };
}

/**
 * Makes sure that no engine runs on what sinks keep in the data folder. A sink belongs to the half that detects; its folder is locked while
 * an engine runs on it.
 * @returns lets go of it @throws QS_STATE_LOCKED
 */
export async function lockSinks(plan: Plan): Promise<() => Promise<void>> {
  const folders = checkpointsIn(plan.dataDirectory);
  const own = plan.config.channel ? (await folders.parts()).filter((part) => part !== 'ingest') : [];
  const stores = (own.length > 0 ? own : ['']).map((part) => folders.of(part));
  const unlock = async () => {
    for (const store of stores) await store.close();
  };
  try {
    for (const store of stores) await store.open();
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}

/**
 * Makes what the sinks of a pipeline have stored readable until `stop` aborts, under the lock of its state.
 * @returns how many sinks have something to serve
 */
export async function serveSinks(plan: Plan, outside: Outside, stop: AbortSignal): Promise<number> {
  const unlock = await lockSinks(plan);
  const serving = plan.sinks.filter(({ plugin }) => plugin.serve);
  const container = containerOf(plan, outside);
  const histories = new Histories(plan, (sink) => ({ ...outsideHostOf(container, sink), signal: stop }));
  const { http } = plan;
  const { name } = plan.config;
  const people = await idlePeople(plan, outside);
  let answering: Answering | undefined;
  try {
    if (http && serving.some(({ plugin }) => plugin.door))
      answering = await new Addresses().answer(http, name, { refresh: () => {}, readiness: notRunning }, outside);
    const { schema, judgement } = plan;
    const door = answering && { http: { mount: answering.mount } };
    await Promise.all(
      serving.map((sink) => {
        const history = histories.besides(sink.name);
        const host = { ...sinkHostOf(plan, sink.name, outside, stop), ...people, ...door, ...(history && { history }) };
        return sink.plugin.serve!(sink.config, { ...host, schema, judgement, deadLetter: async () => {}, muted: () => false });
      }),
    );
    return serving.length;
  } finally {
    await answering?.leave(false);
    await histories.close();
    await unlock();
  }
}

/** Looks at what the source of a pipeline names. @throws what is wrong with it @returns whether all of it was seen */
export async function lookAtSource(plan: Plan, outside: Outside): Promise<boolean> {
  const container = containerOf(plan, outside);
  const host = {
    ...outsideHostOf(container, 'source'),
    time: plan.config.time,
    http: NOWHERE,
    drop: () => {},
    repaired: () => {},
    trouble: () => {},
    progress: () => {},
  };
  return (await plan.source.plugin.look?.(plan.source.config, host)) ?? false;
}

/** What a role of a pipeline needs of the outside, looked at part by part. Starts nothing and never throws. */
export async function diagnosePipeline(plan: Plan, outside: Outside, role: Role): Promise<Finding[]> {
  const container = containerOf(plan, outside);
  container.register(TOKENS.drops, { useValue: new Drops(outside.clock, outside.log) });
  const { channel } = plan.config;
  const about = async (
    part: string,
    { plugin, config }: { plugin: SourcePlugin | SinkPlugin | StorePlugin; config: unknown },
  ) => {
    const subject = plugin.kind !== 'sink' ? part : `sink ${part}`;
    try {
      const findings = (await plugin.diagnose?.(config, outsideHostOf(container, part))) ?? [];
      return findings.map((finding): Finding => ({ ...finding, subject: `${subject}: ${finding.subject}` }));
    } catch (error) {
      return [{ subject, state: 'bad' as const, detail: messageOf(error) }];
    }
  };
  const findings = await Promise.all([
    role === 'detect' ? [] : about('source', plan.source),
    channel
      ? import('../adapters/kafka/diagnose.js').then((kafka) => kafka.diagnoseKafka(kafkaParts(container, channel.with)))
      : [],
    plan.store ? about('checkpoint', plan.store) : [],
    ...(role === 'ingest' ? [] : plan.sinks.map((sink) => about(sink.name, sink))),
  ]);
  return findings.flat();
}
