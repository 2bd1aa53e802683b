// Where it is kept what people say of episodes.

import type { KeptLabel, LabelStore, Notebook, Said } from '../api/index.js';

/** Something that was said, or taken back. */
export type LabelEvent = KeptLabel | { readonly episode: string; readonly undo: true; readonly at: number };

/** What was said so far, in memory; a keeper of it adds where it lives. */
export class MemoryLabels implements LabelStore {
  private readonly now: () => number;
  /** By episode, everything that was said of it and when; what was taken back stays, marked. */
  private readonly said = new Map<string, { label: KeptLabel; takenBack: boolean }[]>();

  constructor(now: () => number) {
    this.now = now;
  }

  async put(said: Said): Promise<KeptLabel> {
    const label: KeptLabel = { ...said, at: this.now() };
    await this.keep(label);
    return label;
  }

  async undo(episode: string): Promise<KeptLabel | undefined> {
    await this.refresh();
    if (this.holding(episode)) await this.keep({ episode, undo: true, at: this.now() });
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

  /** Takes in what was said, or taken back. */
  protected take(event: LabelEvent): void {
    const all = this.said.get(event.episode) ?? [];
    this.said.set(event.episode, all);
    if (!('undo' in event)) all.push({ label: event, takenBack: false });
    else {
      const last = all.findLast(({ takenBack }) => !takenBack);
      if (last) last.takenBack = true;
    }
  }

  /** Forgets what was taken in, to be told anew. */
  protected forget(): void {
    this.said.clear();
  }

  /** Puts it where it stays, and takes it in. */
  protected async keep(event: LabelEvent): Promise<void> {
    this.take(event);
  }

  /** Takes in what others have said meanwhile. */
  protected async refresh(): Promise<void> {}

  private holding(episode: string): KeptLabel | undefined {
    return this.said.get(episode)?.findLast(({ takenBack }) => !takenBack)?.label;
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
    const known = event && ('undo' in event || ('label' in event && (event.label === 'anomaly' || event.label === 'normal')));
    return known && typeof event.episode === 'string' ? (event as LabelEvent) : undefined;
  } catch {
    return undefined;
  }
}
