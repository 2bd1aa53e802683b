import type { Finding, OutsideHost } from '@quantstream/engine';
import type { Settings } from './config.js';
import { addressOf, loginOf } from './post.js';

/** Whether the receiver answers at all; nobody is told anything. */
export async function diagnose(settings: Settings, host: OutsideHost): Promise<Finding[]> {
  const address = new URL(addressOf(settings));
  const subject = address.host;
  const telegram = settings.format === 'telegram';
  const url = telegram ? address.href.replace(/sendMessage$/, 'getMe') : address.href;
  try {
    const signal = AbortSignal.any([host.signal, AbortSignal.timeout(settings.timeout)]);
    const { address: plain, login } = loginOf(url);
    const response = await fetch(plain, { method: telegram ? 'GET' : 'OPTIONS', headers: login, redirect: 'manual', signal });
    const { status } = response;
    // What it says is of no interest, and may have no end.
    void response.body?.cancel().catch(() => {});
    if (telegram && status !== 200)
      return [{ subject, state: 'bad', detail: `the bot is not known there (${status}); correct the token` }];
    return [{ subject, state: 'good', detail: telegram ? 'the bot is known' : `answers (${status}); no message was sent` }];
  } catch (error) {
    const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown };
    const detail = `cannot be reached (${typeof code === 'string' ? code : (error as Error).name}); look at the address and the network`;
    return [{ subject, state: 'bad', detail }];
  }
}
