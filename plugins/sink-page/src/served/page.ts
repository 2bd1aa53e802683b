// The page as a whole: what it keeps, and how it answers.

import { type KeptLabel, messageOf, NO_OUTLOOK, type PipelineSchema, type SinkHost } from '@quantstream/engine';
import type { Labels } from '../asked/bars.js';
import { Expected, momentsOf } from '../asked/expected.js';
import type { Settings } from '../config.js';
import { Before } from '../kept/before.js';
import { Past } from '../kept/past.js';
import type { About, KeyHistory, State } from '../wire.js';

/** How often others get to work while something long is worked out, ms. */
const BREATH = 10;

/** What the page knows and whom it asks. */
export class Page {
  readonly past: Past;
  private readonly before: Before | undefined;
  readonly host: SinkHost;
  readonly settings: Settings;
  readonly live: boolean;
  readonly schema: PipelineSchema;
  labels: Labels = new Map<string, KeptLabel>();
  /** Counts changes of labels. */
  said = 0;

  constructor(settings: Settings, host: SinkHost, live: boolean) {
    this.settings = settings;
    this.host = host;
    this.schema = host.schema;
    this.live = live;
    this.past = new Past(host.schema, settings.memory * 2 ** 20);
    if (host.history) this.before = new Before(host.history, this.past, () => host.clock.now());
  }

  /** Asks the sink that keeps what memory does not. @returns what it answered, or what is lacking because it could not */
  async older<T>(ask: (before: Before) => Promise<T | undefined>): Promise<{ found?: T; lack?: { lack: string } }> {
    if (!this.before) return {};
    try {
      const found = await ask(this.before);
      return found === undefined ? {} : { found };
    } catch (error) {
      const lack = `what was stored before cannot be read: ${messageOf(error)}`;
      this.host.log.debug({}, lack);
      return { lack: { lack } };
    }
  }

  /** From when on rows were looked at, where older ones are stored and memory does not have them. */
  async since(from: number): Promise<{ since?: number }> {
    const { found } = await this.older((before) => before.since(from));
    return found === undefined ? {} : { since: found };
  }

  /** Reads again what people have said. */
  async hear(): Promise<void> {
    const all = await this.host.labels.list();
    const before = this.labels;
    if (
      all.length === before.size &&
      all.every(({ episode, at, since }) => before.get(episode)?.at === at && before.get(episode)?.since === since)
    )
      return;
    this.labels = new Map(all.map((label) => [label.episode, label]));
    this.said++;
  }

  about(): About {
    const { schema, settings, past } = this;
    const { row, models, views, limits, alarms, pipeline } = schema;
    const { cooldownMs, minimumMs, perDay } = alarms;
    const columns = row.columns.map(({ name, unit, about, formula, role }) => ({ name, unit, about, formula, role }));
    const { rows, gone } = past.ring;
    return {
      pipeline,
      live: this.live,
      kind: row.kind,
      columns,
      views,
      models,
      limits,
      alarms: { perDay: perDay ?? null, of: alarms.of ?? 'key', cooldownMs, minimumMs, about: decidedBy(alarms) },
      links: settings.links,
      history: `${rows.toLocaleString('en')} rows are kept in ${settings.memory} MB of memory${gone > 0 ? `; ${gone.toLocaleString('en')} older ones had to go` : ''}`,
    };
  }

  /** What a key has learned of its hours, over a stretch and for a day behind a moment, and the lines on its map. */
  async outlook(
    key: string,
    from: number,
    to: number,
    last: number,
  ): Promise<{ expected: Expected; outlines: KeyHistory['outlines'] }> {
    const times = Number.isFinite(last) ? momentsOf(from, to, last) : [];
    const { expected, outlines } = await this.host.outlook(key, times).catch((error) => {
      this.host.log.debug({}, `what is expected of ${key} is not known: ${messageOf(error)}`);
      return NO_OUTLOOK;
    });
    return { expected: new Expected(times, expected), outlines };
  }

  state(): State {
    const status = this.host.status();
    let [keys, least]: [number, number | null] = [0, Number.POSITIVE_INFINITY];
    for (const { unjudged } of this.past.ring.keys.values()) {
      const share = /^uncalibrated \((\d+) %\)/.exec(unjudged ?? '')?.[1];
      if (share === undefined && unjudged !== 'learning') continue;
      keys++;
      // How far models have come that have seen too little is not known.
      least = share === undefined || least === null ? null : Math.min(least, Number(share) / 100);
    }
    return {
      ...status,
      now: this.host.clock.now(),
      first: this.past.ring.span?.first ?? null,
      models: this.past.models(),
      calibrating: { keys, least: keys === 0 ? null : least },
    };
  }

  /** To be called within long work: lets the pipeline go on now and then. */
  breathing(): () => Promise<void> {
    let since = performance.now();
    return async () => {
      if (performance.now() - since < BREATH) return;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    };
  }
}

function decidedBy({ perDay, of, contamination, threshold }: PipelineSchema['alarms']): string {
  if (perDay !== undefined)
    return `of ${of === 'pipeline' ? 'all keys together' : 'each key'}, ${perDay} rows a day may be called anomalous while nothing is wrong`;
  if (threshold !== undefined) return `rows are anomalous above a score of ${threshold}`;
  return `rows are anomalous above the score that a share of ${contamination} of the training rows had`;
}
