// The names of the fields of objects in states, told once for all keys instead of once for each.

/** A table of so many shapes, of so many letters together, is enough for every plugin; what does not fit carries its names along. */
const MOST_SHAPES = 4_096;
const MOST_LETTERS = 65_536;

/** A list of field names, by its number; `null`: a number that was given to none. */
export type ShapeList = readonly (readonly string[] | null)[];

/** Who of several gives which numbers: every `of`-th, from the `nth` on. */
export interface Numbering {
  readonly nth: number;
  readonly of: number;
}

const ALONE: Numbering = { nth: 0, of: 1 };

/** Lists of field names by number. It only grows, and is saved with every checkpoint, so an older checkpoint knows its own part of it. */
export class Shapes {
  private readonly known: (readonly string[] | null)[] = [];
  /** Numbers of the shapes that begin with a name. */
  private readonly byFirst = new Map<string | undefined, number[]>();
  private readonly numbering: Numbering;
  private letters = 0;

  /** @param numbering where several make numbers at once: no two of them give the same */
  constructor(list: ShapeList = [], numbering: Numbering = ALONE) {
    this.numbering = numbering;
    for (const names of list) {
      if (names) this.add(names, this.known.length);
      else this.known.push(null);
    }
  }

  get list(): ShapeList {
    return this.known;
  }

  /** The number of a list of names; −1 where the table is full. */
  numberOf(names: readonly string[]): number {
    for (const number of this.byFirst.get(names[0]) ?? NONE) if (same(this.known[number]!, names)) return number;
    let letters = this.letters;
    for (const name of names) letters += name.length;
    return this.known.length >= MOST_SHAPES || letters > MOST_LETTERS ? -1 : this.add(names, this.free());
  }

  /** The next number that is ours to give. */
  private free(): number {
    const { nth, of } = this.numbering;
    const { length } = this.known;
    return length + ((((nth - length) % of) + of) % of);
  }

  private add(names: readonly string[], number: number): number {
    for (const name of names) this.letters += name.length;
    while (this.known.length < number) this.known.push(null);
    this.known.push(names);
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
