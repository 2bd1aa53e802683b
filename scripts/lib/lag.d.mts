export interface LagSetup {
  readonly rate: (second: number) => number;
  readonly weights: readonly number[];
  readonly detectors: number;
  readonly detector: number;
  readonly partition: number;
  readonly database: number;
  readonly stored: number;
  readonly seconds: number;
}
export function simulateLag(setup: LagSetup): { at: number; lag: number; delay: number }[];
export function limitOf(setup: LagSetup): 'nothing' | 'partition' | 'detector' | 'database' | 'several at once';
export function unequal(partitions: number, keys: number, exponent?: number): number[];
