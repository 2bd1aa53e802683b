// What a budget has raised against what it allows, key by key.

/** Rows that a budget could rule on: those beyond it, and how many it allows while nothing is wrong. */
export interface Ruled {
  raised: number;
  allowed: number;
}

export interface RuledKey extends Readonly<Ruled> {
  readonly key: string;
}

/** Keys that are told apart; what is raised of more is counted together. */
const MOST = 10_000;

/** Of each key, as long as they are not too many. */
export class Against {
  /** In the order in which they came. */
  readonly keys = new Map<string, Ruled>();
  /** Of all keys that came when there were too many. */
  readonly others: Ruled = { raised: 0, allowed: 0 };
  private last = '';
  private lastRuled: Ruled | undefined;

  add(key: string, raised: boolean, allowed: number): void {
    const ruled = this.lastRuled !== undefined && this.last === key ? this.lastRuled : this.of(key);
    ruled.allowed += allowed;
    if (raised) ruled.raised++;
  }

  /** The keys that are furthest beyond what is allowed, or nearest to it; the furthest first. */
  furthest(most: number): RuledKey[] {
    const all = [...this.keys].map(([key, { raised, allowed }]) => ({ key, raised, allowed }));
    const surplus = (one: RuledKey) => one.raised - one.allowed;
    return all.sort((x, y) => surplus(y) - surplus(x) || (x.key < y.key ? -1 : 1)).slice(0, most);
  }

  private of(key: string): Ruled {
    let ruled = this.keys.get(key);
    if (!ruled) {
      ruled = this.keys.size === MOST ? this.others : { raised: 0, allowed: 0 };
      if (ruled !== this.others) this.keys.set(key, ruled);
    }
    this.last = key;
    this.lastRuled = ruled;
    return ruled;
  }
}
