// Schemas of a registry, by which the values and keys of records are read: Avro, Protobuf, and JSON behind the id of its schema.

import { messageOf, type SourceHost } from '@quantstream/engine';
import { isRecord } from '@quantstream/engine/recordings';
import { avroReader, type Reader, type Schema } from './avro.js';
import type { Settings } from './config.js';
import { protobufReader } from './protobuf.js';

/** What a value or a key begins with that names its schema: this, and the id in four bytes (Confluent's wire format). */
const MAGIC = 0;
const HEAD = 5;
/** An id that the registry does not know is asked for again after so long, ms. */
const AGAIN = 60_000;
/** An answer that has not come within so long does not come, ms. */
const LONGEST = 10_000;
/** Pauses between questions that were not answered, ms. */
const PAUSES = [250, 500, 1_000, 2_000, 5_000] as const;
/** So many schemas are remembered. */
const MOST = 1_000;
/** Schemas refer to schemas: so deep, and so many in all. */
const DEEPEST = 20;
const MOST_REFERENCES = 200;

export type Registry = NonNullable<Settings['registry']>;

/** The id of the schema that a value or a key names; `undefined`: it names none. */
export function schemaOf(value: Buffer): number | undefined {
  return value.length >= HEAD && value[0] === MAGIC ? value.readInt32BE(1) : undefined;
}

/** The registry has no schema of an id, or none that can be read. */
class Unreadable extends Error {}

interface Known {
  /** `undefined`: it cannot be read, and why. */
  readonly read?: Reader;
  readonly why?: string;
  /** When it is to be asked for again, ms of the clock. */
  readonly until: number;
}

export class Schemas {
  /** What is wrong with the registry now; records wait for it. */
  trouble: string | undefined;
  private readonly registry: Registry;
  private readonly host: Pick<SourceHost, 'clock' | 'log'>;
  private readonly known = new Map<number, Known>();

  constructor(registry: Registry, host: Pick<SourceHost, 'clock' | 'log'>) {
    this.registry = registry;
    this.host = host;
  }

  /** Whether the schema of a value is known, or that there is none. */
  knows(id: number): boolean {
    const known = this.known.get(id);
    return known !== undefined && this.host.clock.now() < known.until;
  }

  /** @returns the object that a value holds, or why it holds none */
  read(id: number, value: Buffer): Record<string, unknown> | string {
    const { found, why } = this.decode(id, value);
    if (why !== undefined) return why;
    return isRecord(found) ? found : `what schema ${id} describes is no object`;
  }

  /** What a value or a key holds, of whatever type; or why it cannot be read. */
  decode(id: number, bytes: Buffer): { readonly found?: unknown; readonly why?: string } {
    const { read, why = `schema ${id} is not known` } = this.known.get(id) ?? {};
    if (read === undefined) return { why };
    try {
      return { found: read(bytes.subarray(HEAD)) };
    } catch (error) {
      return { why: `it is not as schema ${id} has it: ${messageOf(error).slice(0, 200)}` };
    }
  }

  /** Asks for a schema until there is an answer, or `signal` aborts. */
  async learn(id: number, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const read = await this.readerOf(id, signal);
        this.keep(id, { read, until: Number.POSITIVE_INFINITY });
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unreadable) {
          this.keep(id, { why: error.message, until: this.host.clock.now() + AGAIN });
          break;
        }
        const why = `the schema registry ${this.registry.url} does not say schema ${id}: ${messageOf(error)}; records wait for it`;
        if (this.trouble === undefined) this.host.log.warn({ schema: id }, why);
        this.trouble = why;
        await this.host.clock.sleep(PAUSES[Math.min(tries, PAUSES.length - 1)]!, signal).catch(() => {});
      }
    }
    if (this.trouble !== undefined && !signal.aborted) this.host.log.info({ schema: id }, 'the schema registry answers again');
    this.trouble = undefined;
  }

  private keep(id: number, known: Known): void {
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(id, known);
  }

  private async readerOf(id: number, signal: AbortSignal): Promise<Reader> {
    const schema = await this.ask(`schemas/ids/${id}`, signal);
    const type = schema.schemaType ?? 'AVRO';
    if (type === 'JSON') return (value) => JSON.parse(value.toString('utf8'));
    if (type !== 'AVRO' && type !== 'PROTOBUF')
      throw new Unreadable(`schema ${id} is ${String(type).slice(0, 40)}; Avro, Protobuf and JSON are read`);
    const parts = await this.withReferences(schema, signal);
    try {
      return type === 'AVRO' ? avroReader(parts) : protobufReader(parts);
    } catch (error) {
      throw new Unreadable(`schema ${id} cannot be read: ${messageOf(error).slice(0, 200)}`);
    }
  }

  /** A schema behind all that it refers to. */
  private async withReferences(schema: Schema, signal: AbortSignal): Promise<string[]> {
    const found = new Map<string, string>();
    const visit = async ({ references }: Schema, depth: number): Promise<void> => {
      for (const { subject, version } of references ?? []) {
        const name = `${subject} ${version}`;
        if (found.has(name)) continue;
        if (depth > DEEPEST || found.size >= MOST_REFERENCES) throw new Unreadable('its schema refers to too many others');
        const one = await this.ask(`subjects/${encodeURIComponent(subject)}/versions/${version}`, signal);
        await visit(one, depth + 1);
        found.set(name, one.schema);
      }
    };
    await visit(schema, 0);
    return [...found.values(), schema.schema];
  }

  private async ask(path: string, signal: AbortSignal): Promise<Schema> {
    const { url, username, password } = this.registry;
    const headers: Record<string, string> = { accept: 'application/vnd.schemaregistry.v1+json, application/json' };
    if (username !== undefined)
      headers.authorization = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
    const within = AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]);
    const answer = await fetch(`${url.replace(/\/$/, '')}/${path}`, { headers, signal: within, redirect: 'follow' });
    const text = await answer.text();
    const body = jsonOf(text);
    // Confluent's codes of what is not found; a bare 404 is another address.
    if (answer.status === 404 && isRecord(body) && /^404\d\d$/.test(String(body.error_code)))
      throw new Unreadable(`the registry has no ${path.startsWith('schemas') ? `schema ${path.split('/').at(-1)}` : path}`);
    if (!answer.ok) throw new Error(`it answers ${answer.status}${answer.status === 404 ? ': is its address right?' : ''}`);
    if (!isRecord(body) || typeof body.schema !== 'string') throw new Error('its answer is no schema');
    return body as unknown as Schema;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
