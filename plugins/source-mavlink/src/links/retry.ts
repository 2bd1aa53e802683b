/** Tries again after pauses that grow. */
const FIRST = 500;
const LONGEST = 10_000;
/** What stood for so long begins again with the shortest pause, ms. */
const STOOD = 5_000;

/** Tries again after pauses that double, until it is stopped. */
export class Retry {
  private readonly attempt: () => void;
  private pause = FIRST;
  private timer: NodeJS.Timeout | undefined;
  private upAt = Number.NaN;
  private stopped = false;

  constructor(attempt: () => void) {
    this.attempt = attempt;
  }

  /** It stands. */
  up(): void {
    this.upAt = performance.now();
  }

  /** It failed, or ended: the next attempt comes by itself. */
  down(): void {
    if (this.stopped || this.timer) return;
    if (performance.now() - this.upAt > STOOD) this.pause = FIRST;
    this.upAt = Number.NaN;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.attempt();
    }, this.pause);
    this.pause = Math.min(LONGEST, this.pause * 2);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
