import type { Random } from './random.js';

/** How far the two excitements have risen; all that arrivals remember. */
export interface ArrivalsState {
  fast: number;
  slow: number;
}

/**
 * Share of orders that others set off, and how fast that fades (per second). Fast: machines that answer within milliseconds.
 * Slow: bursts of some seconds. Set so that gaps and dispersion match the recordings in docs/simulator.md.
 */
const FAST = { share: 0.3, decay: 250 } as const;
const SLOW = { share: 0.5, decay: 0.5 } as const;
/** Orders per order that came by itself. */
export const CASCADE = 1 / (1 - FAST.share - SLOW.share);

/** Seconds until an excitement that fades sets off an order; often never. By inverting its decaying intensity. */
function wait(excitement: number, decay: number, random: Random): number {
  const left = 1 - (decay * random.exponential()) / excitement;
  return left > 0 ? -Math.log(left) / decay : Number.POSITIVE_INFINITY;
}

/**
 * A self-exciting stream of orders with two exponential kernels (A. G. Hawkes, "Spectra of some self-exciting and mutually exciting
 * point processes", Biometrika 1971). The parts of the intensity race: exact, and without rejected candidates.
 */
export class Arrivals {
  readonly state: ArrivalsState;
  constructor(state: ArrivalsState = { fast: 0, slow: 0 }) {
    this.state = state;
  }

  /** Whether the last order was one of the extra ones, which excite nobody. */
  byExtra = false;

  /**
   * Seconds to the next order.
   * @param base orders per second that come by themselves
   * @param extra orders per second that come on top and excite no others; usually 0
   */
  next(base: number, extra: number, random: Random): number {
    const { state } = this;
    const alone = random.exponential() / base;
    const fast = wait(state.fast, FAST.decay, random);
    const slow = wait(state.slow, SLOW.decay, random);
    const excited = Math.min(alone, fast, slow);
    const added = extra > 0 ? random.exponential() / extra : Number.POSITIVE_INFINITY;
    this.byExtra = added < excited;
    const gap = Math.min(excited, added);
    state.fast = state.fast * Math.exp(-FAST.decay * gap) + (this.byExtra ? 0 : FAST.share * FAST.decay);
    state.slow = state.slow * Math.exp(-SLOW.decay * gap) + (this.byExtra ? 0 : SLOW.share * SLOW.decay);
    return gap;
  }
}
