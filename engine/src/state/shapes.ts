// The names of the fields of objects in states, told once for all keys instead of once for each.

/** A table of so many shapes, of so many letters together, is enough for every plugin; what does not fit carries its names along. */
const MOST_SHAPES = 4_096;
const MOST_LETTERS = 65_536;

/** Lists of field names by number. It only grows, and is saved with every checkpoint, so an older checkpoint knows its own part of it. */
export class Shapes {
  private readonly known: (readonly string[])[] = [];
  private readonly numbers = new Map<string, number>();
  private letters = 0;

  constructor(list: readonly (readonly string[])[] = []) {
    for (const names of list) this.add(names, names.join('\0'));
  }

  get list(): readonly (readonly string[])[] {
    return this.known;
  }

  /** The number of a list of names; −1 where the table is full. */
  numberOf(names: readonly string[]): number {
    const id = names.join('\0');
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    // A name with a NUL in it could be mistaken for two.
    if (this.known.length === MOST_SHAPES || this.letters + id.length > MOST_LETTERS || id.split('\0').length > names.length)
      return -1;
    return this.add(names, id);
  }

  private add(names: readonly string[], id: string): number {
    this.letters += id.length;
    this.numbers.set(id, this.known.length);
    return this.known.push(names) - 1;
  }
}
