export const AGGREGATE_OFFSET: number;
export function seeded(seed: number): () => number;
export class Tape {
  constructor(symbol: string, settings?: { firstId?: number; keep?: number; price?: number; seed?: number });
  readonly symbol: string;
  firstId: number;
  nextId: number;
  /** Ids in front of whose aggregates one single trade is lost, ascending. */
  readonly jumps: number[];
  readonly oldest: number;
  add(time: number, price?: number, quantity?: number, maker?: boolean): number;
  at(id: number): { id: number; price: string; quantity: string; time: number; maker: boolean };
  single(id: number): number;
  idAt(time: number): number;
}
