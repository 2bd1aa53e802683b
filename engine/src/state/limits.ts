// How many keys there may be.

import type { CoreSettings } from '../judge/settings.js';
import type { Saved } from './saved.js';

/** How many keys there may be, of all and of those that one sender made up. */
export type Limits = Pick<CoreSettings, 'maxKeys' | 'maxKeysPerSender'>;

/** Counts the keys that senders have made up, and refuses what is too many. */
export class KeyLimits {
  private readonly limits: Limits;
  /** Keys by who made them up. */
  private readonly made = new Map<string, number>();

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get senders(): Saved['senders'] {
    return [...this.made];
  }

  restore(senders: Saved['senders']): void {
    for (const [sender, keys] of senders) this.made.set(sender, keys);
  }

  /** Whether there may be one more key; then it is counted. @param size how many there are @returns why not */
  refuses(size: number, sender: string | undefined): string | undefined {
    const { maxKeys, maxKeysPerSender } = this.limits;
    if (size >= maxKeys) return `there are ${maxKeys} keys already (state.maxKeys)`;
    if (sender === undefined) return undefined;
    const made = this.made.get(sender) ?? 0;
    if (made >= maxKeysPerSender) return `${sender} has made up ${made} keys already (state.maxKeysPerSender)`;
    this.made.set(sender, made + 1);
    return undefined;
  }
}
