// Asks the server for JSON under `api/`.

import type { Refusal } from '../../src/wire.js';

const query = (given: Readonly<Record<string, string | number | undefined>>): string => {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== '') told.set(name, String(value));
  const text = told.toString();
  return text ? `?${text}` : '';
};

/** The address of an answer, relative to the page's own. */
export const addressOf = (name: string, given: Readonly<Record<string, string | number | undefined>> = {}) =>
  `api/${name}${query(given)}`;

async function answerOf<T>(response: Response): Promise<T> {
  // An answer that was cut off, by another question or by the end of the engine, is none.
  const body = (await response.json().catch(() => undefined)) as Partial<Refusal> | undefined;
  if (!response.ok || body === undefined)
    throw new Error(body?.error ?? `the server answered ${response.status}, and nothing more`);
  return body as T;
}

/** @throws Error with the server's sentence where it refuses */
export async function ask<T>(
  name: string,
  given: Readonly<Record<string, string | number | undefined>> = {},
  signal?: AbortSignal,
): Promise<T> {
  return answerOf<T>(await fetch(addressOf(name, given), signal ? { signal } : {}));
}

export async function tell<T>(name: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return answerOf<T>(await fetch(addressOf(name), { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** Asks one thing at a time: a new question takes the place of the one that is under way, whose answer is then not wanted any more. */
export class Question<T> {
  #control: AbortController | undefined;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** @returns the answer, or nothing where a later question took its place */
  async ask(given: Readonly<Record<string, string | number | undefined>>): Promise<T | undefined> {
    this.#control?.abort();
    const control = new AbortController();
    this.#control = control;
    try {
      return await ask<T>(this.#name, given, control.signal);
    } catch (fault) {
      if (control.signal.aborted) return undefined;
      throw fault;
    }
  }

  drop(): void {
    this.#control?.abort();
  }
}
