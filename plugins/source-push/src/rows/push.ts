// One request that was taken in, and what it waits for before it is answered.

/** A request whose samples were taken in. */
export class Push {
  /** Observations with samples of it that were not handed over yet. */
  open = 0;
  /** Whether it stands among those that are looked at when something is safe. */
  listed = false;
  /** The last one that was handed over, by number. */
  upTo = 0;
  /** Resolves to whether all of it is safe: in the buffer, or behind a checkpoint. */
  readonly settled: Promise<boolean>;
  private resolve!: (safe: boolean) => void;

  constructor() {
    this.settled = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** @param safe whether it will not be lost; otherwise it is to be sent again */
  settle(safe: boolean): void {
    this.resolve(safe);
  }
}
