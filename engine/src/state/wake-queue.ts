/** Who is to be woken when: a binary heap by (event time, key), so that the order never depends on how the stream was cut. */
export class WakeQueue {
  private times: number[] = [];
  private keys: string[] = [];

  /** The earliest time; `Infinity` when empty. */
  get next(): number {
    return this.times.length > 0 ? this.times[0]! : Number.POSITIVE_INFINITY;
  }

  push(time: number, key: string): void {
    const { times, keys } = this;
    let i = times.length;
    times.push(time);
    keys.push(key);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(time, key, times[parent]!, keys[parent]!)) break;
      times[i] = times[parent]!;
      keys[i] = keys[parent]!;
      i = parent;
    }
    times[i] = time;
    keys[i] = key;
  }

  /** Removes the earliest. @returns its key */
  pop(): string {
    const { times, keys } = this;
    const first = keys[0]!;
    const time = times.pop()!;
    const key = keys.pop()!;
    const size = times.length;
    if (size === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && before(times[child + 1]!, keys[child + 1]!, times[child]!, keys[child]!)) child++;
      if (!before(times[child]!, keys[child]!, time, key)) break;
      times[i] = times[child]!;
      keys[i] = keys[child]!;
      i = child;
    }
    times[i] = time;
    keys[i] = key;
    return first;
  }

  /** The keys that are due at `time`, in no order. Entries stay. */
  due(time: number): string[] {
    const due: string[] = [];
    // The heap property prunes: below an entry that is not due, none is.
    const open = this.times.length > 0 ? [0] : [];
    while (open.length > 0) {
      const i = open.pop()!;
      if (i >= this.times.length || this.times[i]! > time) continue;
      due.push(this.keys[i]!);
      open.push(2 * i + 1, 2 * i + 2);
    }
    return due;
  }
}

function before(timeA: number, keyA: string, timeB: number, keyB: string): boolean {
  return timeA < timeB || (timeA === timeB && keyA < keyB);
}
