/** Merges streams by time: whose turn is it? */

/** What can stand in line: a stream, with the time of its next item. */
export interface Timed {
  readonly time: number;
  /** Of equal times the smaller one is first. */
  readonly tie?: number;
}

/**
 * A binary heap: the item of the earliest time first, of equals that of the smaller `tie`, then the one that was given first. Times may be ±∞, not `NaN`.
 * Only the first may change its time; then ask `leads`, or call `settle`. Cost: a step as many comparisons as the heap is deep,
 * within a run of one item two; nothing is allocated.
 */
export class Earliest<Item extends Timed> {
  private readonly heap: Item[];
  private readonly rank: ReadonlyMap<Item, number>;

  constructor(items: readonly Item[]) {
    this.rank = new Map(items.map((item, i) => [item, i]));
    // What is sorted is a heap.
    this.heap = [...items].sort((a, b) => (this.before(a, b) ? -1 : 1));
  }

  get size(): number {
    return this.heap.length;
  }

  /** The item whose turn it is; there must be one. */
  get first(): Item {
    return this.heap[0]!;
  }

  /** Whether the first still is the first, after its time has changed. */
  leads(): boolean {
    const { heap } = this;
    return !(heap.length > 1 && this.before(heap[1]!, heap[0]!)) && !(heap.length > 2 && this.before(heap[2]!, heap[0]!));
  }

  /** Takes the first out. */
  remove(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.settle();
  }

  /** Puts the first where it belongs, after its time has changed. */
  settle(): void {
    const { heap } = this;
    const item = heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.before(heap[child]!, item)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }

  private before(a: Item, b: Item): boolean {
    if (a.time !== b.time) return a.time < b.time;
    const left = a.tie ?? 0;
    const right = b.tie ?? 0;
    return left < right || (left === right && this.rank.get(a)! < this.rank.get(b)!);
  }
}
