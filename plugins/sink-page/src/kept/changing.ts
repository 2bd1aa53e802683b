// Episodes and incidents: things with an id and a beginning and an end, told again whenever they change.

interface Lasting {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** The latest of them, as many as are to be kept; those that have not changed for longest go first. */
export class Changing<T extends Lasting> {
  /** When one last changed, as whoever puts them counts. */
  changed = 0;
  private readonly most: number;
  /** By id, in order of their last change. */
  private readonly all = new Map<string, { readonly one: T; readonly changed: number }>();

  constructor(most: number) {
    this.most = most;
  }

  /** @param now a count of all that happens */
  put(one: T, now: number): void {
    this.all.delete(one.id);
    this.changed = now;
    this.all.set(one.id, { one, changed: now });
    if (this.all.size > this.most) this.all.delete(this.all.keys().next().value!);
  }

  has(id: string): boolean {
    return this.all.has(id);
  }

  get(id: string): T | undefined {
    return this.all.get(id)?.one;
  }

  /** Those that have changed behind a count, in that order. */
  since(count: number): T[] {
    const found: T[] = [];
    if (this.changed <= count) return found;
    for (const { one, changed } of [...this.all.values()].reverse()) {
      if (changed <= count) break;
      found.push(one);
    }
    return found.reverse();
  }

  /** Those that touch a stretch, in order of their beginnings. */
  within(from: number, to: number): T[] {
    const found: T[] = [];
    for (const { one } of this.all.values()) if (one.end >= from && one.start <= to) found.push(one);
    return found.sort((a, b) => a.start - b.start);
  }
}
