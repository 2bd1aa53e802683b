/** What can stand in a merge: its next item has a time. */
interface Timed {
  readonly head: { readonly time: number } | null;
}

/** Several streams, each with a head, in order of their heads' times. */
export interface Mergeable<S extends Timed> {
  readonly size: number;
  /** The stream whose head is the earliest; of equals, the one that was given first. */
  first(): S;
  /** Whether that stream, which has moved on since, is still the first. */
  leads(): boolean;
  /** Puts it where it belongs now. */
  settle(): void;
  /** Takes it out: it has ended. */
  remove(): void;
}

/** A binary heap over the streams: a step costs as many comparisons as the heap is deep, and a run of one stream only two. */
export function earliestFirst<S extends Timed>(streams: readonly S[]): Mergeable<S> {
  const rank = new Map(streams.map((stream, i) => [stream, i]));
  const heap: S[] = [];
  const before = (a: S, b: S): boolean => {
    const difference = a.head!.time - b.head!.time;
    return difference < 0 || (difference === 0 && rank.get(a)! < rank.get(b)!);
  };

  function sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
      if (!before(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }

  // A sorted array is a heap.
  heap.push(...[...streams].sort((a, b) => (before(a, b) ? -1 : 1)));
  return {
    get size() {
      return heap.length;
    },
    first: () => heap[0]!,
    leads() {
      const first = heap[0]!;
      return (heap.length < 2 || !before(heap[1]!, first)) && (heap.length < 3 || !before(heap[2]!, first));
    },
    settle: sink,
    remove() {
      const last = heap.pop()!;
      if (heap.length > 0) {
        heap[0] = last;
        sink();
      }
    },
  };
}
