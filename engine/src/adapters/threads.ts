// Threads of Node, and lines between them.

import { createRequire } from 'node:module';
import { type MessagePort, parentPort, type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, isNamed, messageOf, QuantStreamError } from '../api/index.js';
import type { Handed, Line, Threads } from '../ports/threads.js';

/** What is thrown, on its way: a copy of an error keeps neither its code nor its class. */
interface Thrown {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly retry: boolean;
  readonly stack: string | undefined;
}

interface Message {
  /** Of a question that is answered. */
  readonly id?: number;
  readonly question?: unknown;
  readonly answer?: unknown;
  readonly thrown?: Thrown;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A line over a port of messages. */
export class PortLine implements Line {
  private readonly port: Worker | MessagePort;
  private readonly waiting = new Map<number, Waiting>();
  private answerer: ((question: unknown) => unknown) | undefined;
  private asked = 0;
  private gone: unknown;

  constructor(port: Worker | MessagePort) {
    this.port = port;
    port.on('message', (message: Message) => void this.hear(message));
  }

  ask(question: unknown, handed: Handed = []): Promise<unknown> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    return new Promise((resolve, reject) => {
      const id = this.asked++;
      this.waiting.set(id, { resolve, reject });
      this.post({ id, question }, handed);
    });
  }

  tell(news: unknown): void {
    if (this.gone === undefined) this.post({ question: news });
  }

  answer(answerer: (question: unknown) => unknown): void {
    this.answerer = answerer;
  }

  /** The other side is gone: nobody is answered any more. */
  lost(error: unknown): void {
    this.gone ??= error;
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }

  private post(message: Message, handed: Handed = []): void {
    this.port.postMessage(message, handed as Transferable[]);
  }

  private async hear({ id, question, answer, thrown }: Message): Promise<void> {
    if (question === undefined) {
      const waiting = this.waiting.get(id!);
      this.waiting.delete(id!);
      if (thrown) waiting?.reject(errorOf(thrown));
      else waiting?.resolve(answer);
      return;
    }
    try {
      const found = await this.answerer?.(question);
      if (id !== undefined) this.post({ id, answer: found });
    } catch (error) {
      if (id !== undefined) this.post({ id, thrown: thrownOf(error) });
    }
  }
}

function thrownOf(error: unknown): Thrown {
  const named = isNamed(error) ? error : undefined;
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: named?.code, message: messageOf(error), retry: named?.retry ?? false, stack };
}

function errorOf({ code, message, retry, stack }: Thrown): Error {
  const error = code === undefined ? new Error(message) : new QuantStreamError(code, message, { retry });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * Starts threads of this package.
 * @param entry what they run: one of the package's own entries that is there for it
 * @param given what each of them is told at its start
 */
export function startThreads(entry: string, count: number, given: (nth: number) => object = () => ({})): Threads {
  // Wherever this code stands, this is the built thread: it needs JavaScript.
  const file = createRequire(import.meta.url).resolve(`@quantstream/engine/${entry}`);
  const workers = Array.from({ length: count }, (_, nth) => new Worker(file, { workerData: given(nth) }));
  let closing = false;
  const lines = workers.map((worker) => {
    const line = new PortLine(worker);
    const lost = (why: string, cause?: unknown) =>
      line.lost(new QuantStreamError('QS_THREAD_FAILED', `a thread is gone: ${why}`, { cause }));
    worker.on('error', (error) => lost(messageOf(error), error));
    worker.on('exit', (code) => lost(closing ? 'it was closed' : `it ended with ${code}`));
    return line;
  });
  return {
    lines,
    close: async () => {
      closing = true;
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Answers what the thread asks that has started this one. */
export function lineToStarter(): Line {
  return new PortLine(parentPort!);
}
