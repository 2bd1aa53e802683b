// Which messages of a vehicle come, and how often.

/** Messages are counted over so long, and over what has passed of the next such stretch, ms. */
const STRETCH = 5_000;

/** Counts what comes by message id, of the last 5 to 10 s. Times in ms. */
export class Arrivals {
  private counts = new Map<number, number>();
  private before: ReadonlyMap<number, number> | undefined;
  private began = Number.NaN;
  private since = Number.NaN;

  /** Begins anew. */
  clear(): void {
    this.counts = new Map();
    this.before = undefined;
    this.began = Number.NaN;
    this.since = Number.NaN;
  }

  note(id: number, now: number): void {
    this.turn(now);
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
  }

  /** For how long it was counted without a break, ms; 0 before anything came. */
  watched(now: number): number {
    return now - this.since || 0;
  }

  /** How often a message comes, Hz. */
  rate(id: number, now: number): number {
    this.turn(now);
    const count = (this.counts.get(id) ?? 0) + (this.before?.get(id) ?? 0);
    const time = now - this.began + (this.before ? STRETCH : 0);
    return time > 0 ? (count / time) * 1_000 : 0;
  }

  private turn(now: number): void {
    if (Number.isNaN(this.since)) {
      this.since = now;
      this.began = now;
    }
    const passed = now - this.began;
    if (passed < STRETCH) return;
    // After a pause of more than a stretch what was counted before it says nothing of now.
    this.before = passed < 2 * STRETCH ? this.counts : undefined;
    this.counts = new Map();
    this.began = passed < 2 * STRETCH ? this.began + STRETCH : now;
    if (!this.before) this.since = now;
  }
}
