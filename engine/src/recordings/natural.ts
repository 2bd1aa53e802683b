/** The order of names that people expect: numbers in them count as numbers. */

/** `part-9` stands before `part-10`. Otherwise by code units; of names that differ in leading zeros alone likewise. */
export function natural(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!];
    // Every other part is a number, perhaps of more digits than a double has.
    const [m, n] = i % 2 === 1 ? [x.replace(/^0+/, ''), y.replace(/^0+/, '')] : ['', ''];
    if (m !== n) return m.length - n.length || (m < n ? -1 : 1);
    if (i % 2 === 0 && x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}

const partsOf = (name: string) => name.split(/(\d+)/);
