// A configuration without its secrets: for people to read, and to be stored and compared.

import { sha256 } from './canonical.js';
import type { Tree } from './tree.js';

/** A key whose value nobody but its owner should see, whatever it holds. */
const SENSITIVE = /pass|secret|token|credential|auth|api.?key|private/i;
/** What came from outside and can hardly be a secret: a number, a time, a truth value, a plain word, addresses. */
const HARMLESS = /^(-?\d+(\.\d+)?(ms|s|m|h|d)?|true|false|[a-z]{1,12}|[a-z0-9.-]+:\d{1,5}(,[a-z0-9.-]+:\d{1,5})*)$/;

/** The configuration for people to read, as plain values: what could be a secret is hidden, of addresses only the login and the rest of the path. */
export function maskedOf(tree: Tree, key = ''): unknown {
  if (tree.kind === 'map') {
    return Object.fromEntries([...tree.entries].map(([name, { value }]) => [name, maskedOf(value, name)]));
  }
  if (tree.kind === 'list') return tree.items.map((item) => maskedOf(item, key));
  const { value, secret } = tree;
  if (value === null || value === '') return value;
  if (SENSITIVE.test(key)) return '(hidden)';
  if (typeof value !== 'string') return value;
  const url = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/\s]*@)?([^/\s?#]*)(.*)$/is.exec(value);
  // Of an address that came from outside even the path may be a secret: a webhook's is.
  if (url) return `${url[1]}://${value.includes('@') ? '…@' : ''}${url[2]}${secret && url[3]!.length > 1 ? '/…' : url[3]}`;
  return secret && !HARMLESS.test(value) ? '(hidden)' : value;
}

/** A configuration in which what could be a secret is replaced by a fingerprint: it can be stored and compared, and shown. */
export function fingerprinted(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fingerprinted(item, key));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, fingerprinted(part, name)]));
  const secret = value !== '' && (SENSITIVE.test(key) || (typeof value === 'string' && /:\/\/[^/\s]*@/.test(value)));
  return secret && value !== undefined && value !== null ? hidden(String(value)) : value;
}

/** What stands for a secret: the same for the same secret. */
export const hidden = (secret: string): string => `hidden:${sha256(secret).slice(0, 8)}`;
