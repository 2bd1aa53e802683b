// The mail server: one connection for each mail, and what came of it.

import type { Finding, OutsideHost } from '@quantstream/engine';
import type { Outcome } from '@quantstream/engine/telling';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import type { Settings } from './config.js';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function transportOf({ server, tls, timeout }: Settings) {
  const url = new URL(server);
  const secure = url.protocol === 'smtps:';
  const own = LOOPBACK.test(url.hostname);
  const { username, password } = url;
  return nodemailer.createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && (tls ?? (own ? 'optional' : 'required')) === 'required',
    // What this machine says of itself is signed by nobody.
    ...(own && { tls: { rejectUnauthorized: false } }),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** What is under way, unless it takes too long or the signal aborts first. */
async function within<T>(doing: Promise<T>, { timeout }: Settings, signal: AbortSignal): Promise<T> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  const ended = new Promise<never>((_, reject) => {
    if (end.aborted) reject(end.reason);
    end.addEventListener('abort', () => reject(end.reason));
  });
  doing.catch(() => {});
  return Promise.race([doing, ended]);
}

/** What came of a mail, and of single recipients where others were served. */
export type Sent = Outcome & {
  /** How many of them are refused for good. */
  readonly refused?: number;
  /** Those that need it no more: they have got it, or never will. */
  readonly settled?: readonly string[];
};

/**
 * Sends one mail once. Never throws, except when the signal aborts.
 * @param to who of those that the mail names is still to get it
 */
export async function send(mail: SendMailOptions, to: readonly string[], settings: Settings, signal: AbortSignal): Promise<Sent> {
  const transport = transportOf(settings);
  try {
    const sending = transport.sendMail({ ...mail, envelope: { from: settings.from, to: [...to] } });
    const { accepted, rejectedErrors = [] } = (await within(sending, settings, signal)) as {
      accepted: readonly unknown[];
      rejectedErrors?: readonly { readonly responseCode?: number; readonly recipient?: string }[];
    };
    const refused = rejectedErrors.filter(({ responseCode = 0 }) => responseCode >= 500);
    const settled = [...accepted, ...refused.map(({ recipient }) => recipient)].map(String);
    const waiting = rejectedErrors.length - refused.length;
    if (waiting === 0) return { kind: 'sent', refused: refused.length, settled };
    const why = `the mail server puts off ${waiting} of ${to.length} recipients`;
    return { kind: 'later', why, afterMs: 0, refused: refused.length, settled };
  } catch (error) {
    signal.throwIfAborted();
    return outcomeOf(error, settings);
  } finally {
    transport.close();
  }
}

/** Answers of a mail server: RFC 5321, section 4.2.1: 4yz may succeed later, 5yz never. */
function outcomeOf(error: unknown, { timeout }: Settings): Outcome {
  const { code, responseCode, name } = error as { code?: unknown; responseCode?: unknown; name?: unknown };
  // A login that is wrong is put right while messages wait.
  if (code === 'EAUTH') return { kind: 'later', why: 'the mail server refuses the login', afterMs: 0 };
  if (code === 'ETLS') return { kind: 'later', why: 'the mail server cannot encrypt, or not as it should', afterMs: 0 };
  if (typeof responseCode === 'number' && responseCode >= 400) {
    const why = `the mail server answers ${responseCode}`;
    return responseCode >= 500 ? { kind: 'never', why } : { kind: 'later', why, afterMs: 0 };
  }
  if (name === 'TimeoutError' || code === 'ETIMEDOUT')
    return { kind: 'later', why: `no answer of the mail server within ${timeout / 1_000} s`, afterMs: 0 };
  return { kind: 'later', why: `the mail server cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`, afterMs: 0 };
}

/** Whether the server answers and takes the login; nobody is sent anything. */
export async function diagnose(settings: Settings, host: OutsideHost): Promise<Finding[]> {
  const subject = new URL(settings.server).host;
  const transport = transportOf(settings);
  try {
    await within(transport.verify(), settings, host.signal);
    return [{ subject, state: 'good', detail: 'takes mail; none was sent' }];
  } catch (error) {
    const outcome = outcomeOf(error, settings);
    return [
      {
        subject,
        state: 'bad',
        detail: `${outcome.kind === 'sent' ? '' : outcome.why}; look at the address, the login and \`tls\``,
      },
    ];
  } finally {
    transport.close();
  }
}
