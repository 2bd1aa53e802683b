// How long a symbol is silent as a rule.

/** How long a silence is remembered, ms: twice at most. */
const SPAN = 600_000;
/** Silences from which something is known, and which a memory holds at least: a symbol that is traded once a minute is not known in ten. */
const LEAST = 20;
/** Nobody is asked about a shorter silence, ms. */
const UNREMARKABLE = 1_000;

/**
 * How long a symbol is silent as a rule: the longest silence of the last ten minutes, or of its last twenty trades where those took longer.
 * A silence that is longer is nothing wrong, but it is not known to be one: a stream can be silent while there are trades.
 */
export class Silence {
  /** Up to when, by our clock in ms, everything is known; `NaN`: nothing was heard yet. */
  knownAt = Number.NaN;
  private silentSince = Number.NaN;
  private before = Number.NEGATIVE_INFINITY;
  private longest = Number.NEGATIVE_INFINITY;
  private since = Number.NaN;
  private count = 0;

  /** A trade has come, and none is missing before it. */
  traded(now: number): void {
    this.learn(now);
    this.silentSince = now;
  }

  /** The exchange says that there was no trade up to now: so long a silence is usual. */
  proved(now: number): void {
    this.learn(now);
  }

  /** Something was heard, which says nothing of how long silences are. */
  heard(now: number): void {
    this.knownAt = now;
    this.silentSince = now;
  }

  /** Nobody says whether it was traded: it is taken for silent, and nothing is learned of that. */
  believed(now: number): void {
    this.knownAt = now;
  }

  /** We stood still for so long, ms: nobody was silent. */
  shift(ms: number): void {
    this.knownAt += ms;
    this.silentSince += ms;
  }

  /** ms; without end while too little is known. */
  get usual(): number {
    if (this.before === Number.NEGATIVE_INFINITY && this.count <= LEAST) return Number.POSITIVE_INFINITY;
    return Math.max(this.before, this.longest);
  }

  /** By how much the silence that lasts is longer than usual, ms; 0 if it is not. */
  excess(now: number): number {
    const beyond = now - this.knownAt - this.usual;
    return beyond > 0 ? beyond : 0;
  }

  /** Whether the exchange has to be asked. */
  isDoubtful(now: number): boolean {
    return now - this.knownAt > UNREMARKABLE && this.excess(now) > 0;
  }

  private learn(now: number): void {
    if (Number.isNaN(this.since)) this.since = now;
    if (now - this.since > SPAN && this.count >= LEAST) {
      this.before = this.longest;
      this.longest = Number.NEGATIVE_INFINITY;
      this.since = now;
      this.count = 0;
    }
    // The first has no beginning.
    const length = now - this.silentSince;
    if (length > this.longest) this.longest = length;
    this.count++;
    this.knownAt = now;
  }
}
