export interface Labelled {
  readonly rows: readonly Float64Array<ArrayBuffer>[];
  /** 1 where a row is odd, else 0. */
  readonly labels: readonly number[];
}
export function readLabelled(path: string): Labelled;
export function areaUnderCurve(scores: ArrayLike<number>, labels: readonly number[]): number;
