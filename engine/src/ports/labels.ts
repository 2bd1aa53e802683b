// Where it is kept what people say of episodes.

import type { KeptLabel, LabelStore, Notebook, Said } from '../api/index.js';

/**
 * Something that was said, taken back, or heard by a pipeline: then it holds for rows later than `since`, event time, and who said it may not
 * have known how long the episode lasted.
 */
export type LabelEvent =
  | KeptLabel
  | { readonly episode: string; readonly undo: true; readonly at: number }
  | { readonly episode: string; readonly heard: number; readonly since: number; readonly to?: number };

/** What holds of an episode from a moment of the clock on. */
export interface Change {
  readonly episode: string;
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly holds: 'anomaly' | 'normal' | null;
  readonly note?: string | undefined;
  /** Tells changes of an episode apart, ms since the epoch. */
  readonly at: number;
  /** Absent while no pipeline has heard of it. */
  readonly since?: number | undefined;
}

/** What people said, for those whom it teaches. */
export interface Lessons {
  /** Everything that ever changed what holds of an episode, in order. */
  changes(): Promise<readonly Change[]>;
  /** A checkpoint holds it now. @param since rows later than this are judged by it, @param to the last odd row of the episode so far; event times */
  heard(change: Change, since: number, to?: number): Promise<void>;
}

/** What was said so far, in memory; a keeper of it adds where it lives. */
export class MemoryLabels implements LabelStore, Lessons {
  private readonly now: () => number;
  private readonly changed: Change[] = [];
  /** By episode, everything that was said of it and when; what was taken back stays, marked. */
  private readonly said = new Map<string, { label: KeptLabel; takenBack: boolean }[]>();

  constructor(now: () => number) {
    this.now = now;
  }

  async put(said: Said): Promise<KeptLabel> {
    await this.refresh();
    const label: KeptLabel = { ...said, at: this.later(said.episode) };
    await this.keep(label);
    return label;
  }

  async undo(episode: string): Promise<KeptLabel | undefined> {
    await this.refresh();
    if (this.holding(episode)) await this.keep({ episode, undo: true, at: this.later(episode) });
    return this.holding(episode);
  }

  async list(): Promise<readonly KeptLabel[]> {
    await this.refresh();
    return [...this.said.keys()]
      .flatMap((episode) => this.holding(episode) ?? [])
      .sort((a, b) => a.from - b.from || (a.episode < b.episode ? -1 : 1));
  }

  async past(episode: string) {
    await this.refresh();
    return (this.said.get(episode) ?? []).map(({ label, takenBack }) => (takenBack ? { ...label, takenBack } : label));
  }

  async changes(): Promise<readonly Change[]> {
    await this.refresh();
    return [...this.changed];
  }

  async heard({ episode, at }: Change, since: number, to?: number): Promise<void> {
    await this.keep({ episode, heard: at, since, ...(to === undefined ? {} : { to }) });
  }

  /** Takes in what was said, taken back, or heard. */
  protected take(event: LabelEvent): void {
    const { changed } = this;
    if ('heard' in event) {
      const { episode, heard, since, to = Number.NEGATIVE_INFINITY } = event;
      const at = changed.findIndex((change) => change.episode === episode && change.at === heard && change.since === undefined);
      if (at < 0) return;
      changed[at] = { ...changed[at]!, since, to: Math.max(changed[at]!.to, to) };
      for (const said of this.said.get(episode) ?? []) if (said.label.to < to) said.label = { ...said.label, to };
      return;
    }
    const all = this.said.get(event.episode) ?? [];
    this.said.set(event.episode, all);
    if (!('undo' in event)) {
      all.push({ label: event, takenBack: false });
      if (event.muteOnly) return;
    } else {
      const last = all.findLast(({ takenBack }) => !takenBack);
      if (!last) return;
      last.takenBack = true;
    }
    const { key, from, to } = all.at(-1)!.label;
    const holding = all.findLast(({ takenBack, label }) => !takenBack && !label.muteOnly)?.label;
    const { episode, at } = event;
    changed.push({ episode, key, from, to, holds: holding?.label ?? null, note: holding?.note, at });
  }

  /** Forgets what was taken in, to be told anew. */
  protected forget(): void {
    this.said.clear();
    this.changed.length = 0;
  }

  /** Puts it where it stays, and takes it in. */
  protected async keep(event: LabelEvent): Promise<void> {
    this.take(event);
  }

  /** Takes in what others have said meanwhile. */
  protected async refresh(): Promise<void> {}

  /** Now, and later than all that was said of an episode before. */
  private later(episode: string): number {
    const before = this.changed.findLast((change) => change.episode === episode)?.at ?? 0;
    return Math.max(this.now(), before + 1);
  }

  private holding(episode: string): KeptLabel | undefined {
    const label = this.said.get(episode)?.findLast(({ takenBack }) => !takenBack)?.label;
    const last = this.changed.findLast((change) => change.episode === episode);
    return label && last?.since !== undefined && last.holds === label.label ? { ...label, since: last.since } : label;
  }
}

/** What was said, kept as lines of JSON in a notebook that others may write into as well. */
export class KeptLabels extends MemoryLabels {
  private readonly notebook: Notebook;
  private busy: Promise<unknown> = Promise.resolve();

  constructor(notebook: Notebook, now: () => number) {
    super(now);
    this.notebook = notebook;
  }

  protected override keep(event: LabelEvent): Promise<void> {
    return this.inTurn(async () => {
      await this.notebook.add(JSON.stringify(event));
      await this.read();
    });
  }

  protected override refresh(): Promise<void> {
    return this.inTurn(() => this.read());
  }

  private async read(): Promise<void> {
    const lines = await this.notebook.read();
    if (!lines) return;
    this.forget();
    for (const line of lines) {
      const event = eventOf(line);
      if (event) this.take(event);
    }
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.busy.then(act);
    this.busy = done.catch(() => {});
    return done;
  }
}

/** What a line says; nothing where a crash has cut it. */
function eventOf(line: string): LabelEvent | undefined {
  try {
    const event = JSON.parse(line) as Partial<LabelEvent> | null;
    const known =
      event &&
      ('undo' in event ||
        ('heard' in event && typeof event.since === 'number') ||
        ('label' in event && (event.label === 'anomaly' || event.label === 'normal')));
    return known && typeof event.episode === 'string' ? (event as LabelEvent) : undefined;
  } catch {
    return undefined;
  }
}
