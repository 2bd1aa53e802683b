// The manifest: which log counts, and how much of it.

import { join } from 'node:path';
import { messageOf, otherLayout } from '../../api/index.js';
import { STATE_LAYOUT } from '../../ports/checkpoints.js';
import { type FileSystem, onDisk } from './disk.js';
import type { Place } from './log.js';

/** The layout of log and states. Another one is refused by name. */
const FORMAT = `quantstream-checkpoint/${STATE_LAYOUT}` as const;
const NAME = 'manifest.json';

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly log: string;
  /** Bytes of the log that belong to the checkpoint; what follows is cut off. */
  readonly length: number;
  /** The record that ends the checkpoint. */
  readonly end: Place;
  /** For people: keys, and the bytes of what is not outdated. */
  readonly keys: number;
  readonly live: number;
}

/** @returns the manifest, why it cannot be read, or nothing where there is none. @throws QS_STATE_LAYOUT */
export function readManifest(directory: string, fs: FileSystem): Manifest | string | undefined {
  const path = join(directory, NAME);
  if (!fs.existsSync(path)) return undefined;
  // A pipe in its place would be waited for.
  if (!onDisk(path, 'read', () => fs.statSync(path).isFile())) return `${NAME} is no file`;
  const text = onDisk(path, 'read', () => fs.readFileSync(path, 'utf8'));
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch (error) {
    return `${NAME} cannot be read (${messageOf(error)})`;
  }
  const format: unknown = manifest?.format;
  if (typeof format === 'string' && format !== FORMAT && /^quantstream-checkpoint\/\d+$/.test(format))
    throw otherLayout(`in ${directory}`, Number(format.split('/')[1]), STATE_LAYOUT);
  const { log, length, end } = manifest ?? {};
  const whole = format === FORMAT && typeof log === 'string' && Number.isInteger(length) && Number.isInteger(end?.offset);
  return whole && end.offset + end.length === length ? manifest : `${NAME} is not what this engine writes`;
}

/** Replaces the manifest at once: a crash leaves the old one or the new one. */
export function writeManifest(directory: string, manifest: Omit<Manifest, 'format'>, fs: FileSystem): void {
  const path = join(directory, NAME);
  const temporary = `${path}.new`;
  onDisk(path, 'written', () => {
    const descriptor = fs.openSync(temporary, 'w');
    try {
      fs.writeSync(descriptor, JSON.stringify({ format: FORMAT, ...manifest }));
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, path);
  });
}

export function removeManifest(directory: string, fs: FileSystem): void {
  onDisk(directory, 'written', () => fs.rmSync(join(directory, NAME), { force: true }));
}

/** Names of the logs in a folder, the newest first. */
export function logsIn(directory: string, fs: FileSystem): string[] {
  const names = onDisk(directory, 'read', () => fs.readdirSync(directory));
  return names.filter((name) => /^states-\d+\.log$/.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
}

export function nextLog(last: string | undefined): string {
  return `states-${String(last === undefined ? 1 : numberOf(last) + 1).padStart(6, '0')}.log`;
}

const numberOf = (log: string): number => Number.parseInt(log.replace(/\D/g, ''), 10);
