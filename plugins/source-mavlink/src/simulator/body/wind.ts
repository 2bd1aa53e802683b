/** The wind that a simulated vehicle flies in. */
import type { Random } from '../random.js';

const RADIANS = Math.PI / 180;
/** How long a gust lasts, s: the length of eddies near the ground over the speed with which they pass. */
const GUST = 4;

export interface WindSettings {
  /** m/s */
  readonly speed: number;
  /** Where it comes from, degrees. */
  readonly direction: number;
  /** 0: none; deviation of the gusts is about a third of it, m/s. */
  readonly turbulence: number;
}

/**
 * A steady wind with first-order gusts on three axes: the simplest member of H. Dryden's family (MIL-F-8785C, 3.7). Air moves
 * towards north, east and up, m/s.
 */
export class Wind {
  north = 0;
  east = 0;
  up = 0;
  private readonly settings: WindSettings;
  private readonly random: Random;
  private readonly meanNorth: number;
  private readonly meanEast: number;
  private gustNorth = 0;
  private gustEast = 0;

  constructor(settings: WindSettings, random: Random) {
    this.settings = settings;
    this.random = random;
    this.meanNorth = -settings.speed * Math.cos(settings.direction * RADIANS);
    this.meanEast = -settings.speed * Math.sin(settings.direction * RADIANS);
    this.north = this.meanNorth;
    this.east = this.meanEast;
  }

  pass(seconds: number): void {
    const { random } = this;
    const keep = Math.exp(-seconds / GUST);
    const stir = 0.35 * this.settings.turbulence * Math.sqrt(1 - keep * keep);
    this.gustNorth = this.gustNorth * keep + stir * random.noise();
    this.gustEast = this.gustEast * keep + stir * random.noise();
    this.up = this.up * keep + 0.5 * stir * random.noise();
    this.north = this.meanNorth + this.gustNorth;
    this.east = this.meanEast + this.gustEast;
  }
}
