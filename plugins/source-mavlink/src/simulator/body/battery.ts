/** Volts of one lithium-polymer cell at rest, by state of charge in tenths. */
const CELL = [3.27, 3.69, 3.73, 3.77, 3.8, 3.84, 3.87, 3.95, 4.02, 4.11, 4.2] as const;

/** How fast it recovers, s. */
const RECOVERY = 4;

/** A pack: open-circuit voltage by charge, less what its resistance takes. */
export class Battery {
  readonly cells: number;
  /** Ampere hours. */
  readonly capacity = 10;
  /** Ohms when healthy. */
  readonly resistance: number;
  /** What a fault adds, ohms. */
  addedResistance = 0;
  /** How many times faster a fault empties it than the current says. */
  drain = 1;
  voltage = 0;
  /** Amperes, as the sensor smooths it. */
  current = 0;
  /** What has flown through the sensor. */
  consumedAh = 0;
  consumedWh = 0;
  private charge = 1;
  /** What a fault has taken away; it comes back when the fault is over, as in a pack that was cold. */
  private faded = 0;

  constructor(cells: number, resistance: number) {
    this.cells = cells;
    this.resistance = resistance;
    this.replace();
  }

  /** A full pack takes its place. */
  replace(): void {
    this.charge = 1;
    this.faded = 0;
    this.consumedAh = 0;
    this.consumedWh = 0;
    this.current = 0;
    this.voltage = this.rest();
  }

  /** Percent left as an autopilot knows it: by what it has counted, not by what is truly left. */
  get remaining(): number {
    return Math.max(0, 100 * (1 - this.consumedAh / this.capacity));
  }

  /** Volts without a load. */
  rest(): number {
    const charge = this.charge - this.faded;
    const tenths = Math.min(9.999, Math.max(0, charge * 10));
    const below = Math.floor(tenths);
    const cell = CELL[below] + (CELL[below + 1] - CELL[below]) * (tenths - below);
    // What is beyond empty falls off a cliff.
    return this.cells * (cell + Math.max(-0.4, Math.min(0, charge) * 20));
  }

  /** A share of the pack goes at once, and is counted. */
  use(share: number): void {
    this.consumedAh += share * this.capacity;
    this.charge -= share;
  }

  /** Time passes under a load. */
  pass(seconds: number, amperes: number): void {
    this.current += (amperes - this.current) * Math.min(1, seconds / 0.1);
    const hours = seconds / 3_600;
    this.consumedAh += this.current * hours;
    this.consumedWh += this.current * this.voltage * hours;
    const used = (this.current * hours) / this.capacity;
    this.charge -= used;
    if (this.drain > 1) this.faded += used * (this.drain - 1);
    else this.faded *= Math.exp(-seconds / RECOVERY);
    const loaded = this.rest() - this.current * (this.resistance + this.addedResistance);
    // The chemistry takes a moment to follow the load.
    this.voltage += (loaded - this.voltage) * Math.min(1, seconds / 0.25);
  }
}
