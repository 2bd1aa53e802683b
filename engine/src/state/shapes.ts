// The names of the fields of objects in states, told once for all keys instead of once for each.

/** A table of so many shapes, of so many letters together, is enough for every plugin; what does not fit carries its names along. */
const MOST_SHAPES = 4_096;
const MOST_LETTERS = 65_536;

/** Lists of field names by number. It only grows, and is saved with every checkpoint, so an older checkpoint knows its own part of it. */
export class Shapes {
  private readonly known: (readonly string[])[] = [];
  /** Numbers of the shapes that begin with a name. */
  private readonly byFirst = new Map<string | undefined, number[]>();
  private letters = 0;

  constructor(list: readonly (readonly string[])[] = []) {
    for (const names of list) this.add(names);
  }

  get list(): readonly (readonly string[])[] {
    return this.known;
  }

  /** The number of a list of names; −1 where the table is full. */
  numberOf(names: readonly string[]): number {
    for (const number of this.byFirst.get(names[0]) ?? NONE) if (same(this.known[number]!, names)) return number;
    let letters = this.letters;
    for (const name of names) letters += name.length;
    return this.known.length === MOST_SHAPES || letters > MOST_LETTERS ? -1 : this.add(names);
  }

  private add(names: readonly string[]): number {
    for (const name of names) this.letters += name.length;
    const number = this.known.push(names) - 1;
    const alike = this.byFirst.get(names[0]);
    if (alike) alike.push(number);
    else this.byFirst.set(names[0], [number]);
    return number;
  }
}

const NONE: readonly number[] = [];

function same(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
