// Who has got what: a server may take a mail for some and put others off.

import { type Item, nameOf } from '@quantstream/engine/telling';

/** So many things are remembered of which some have got a mail and others not. */
const REMEMBERED = 1_000;

/** An address as servers repeat it: a domain has no capitals. */
export function plainAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return address.slice(0, at) + address.slice(at).toLowerCase();
}

/** Recipients that need no mail of something any more, as long as the process lives: behind a crash all get it again. */
export class Recipients {
  private readonly settled = new Map<string, Set<string>>();

  /** Those of `to` that still need a mail of these items. */
  left(to: readonly string[], items: readonly Item[]): string[] {
    return to.filter((one) => !items.every((item) => this.settled.get(nameOf(item))?.has(plainAddress(one))));
  }

  /** These need none any more. */
  settle(addresses: readonly string[], items: readonly Item[]): void {
    for (const name of items.map(nameOf)) {
      const known = this.settled.get(name) ?? new Set<string>();
      for (const one of addresses) known.add(plainAddress(one));
      this.settled.delete(name);
      this.settled.set(name, known);
      if (this.settled.size > REMEMBERED) this.settled.delete(this.settled.keys().next().value!);
    }
  }

  /** Nobody waits for these any more. */
  forget(items: readonly Item[]): void {
    for (const item of items) this.settled.delete(nameOf(item));
  }
}
