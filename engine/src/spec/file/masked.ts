// A configuration without its secrets: for people to read, and to be stored and compared.

import { sha256 } from './canonical.js';
import { withoutPasswords } from './echoed.js';
import type { Tree } from './tree.js';

/** A key whose value nobody but its owner should see, whatever it holds. */
const SENSITIVE = /pass|secret|token|credential|auth|api.?key|private|^headers$/i;
/** A parameter of an address that does what a password does. */
const ASKED = /([?&;][^=&;\s]*(?:pass|secret|token|credential|auth|key|sig)[^=&;\s]*=)[^&;#\s]+/gi;
/** A login in an address; a password may hold slashes and @ itself. */
const LOGIN = /:\/\/(?:[^@/\s]*|[^:@/\s]*:\S*)@/;
/** What came from outside and can hardly be a secret: a number, a time, a truth value, a plain word, addresses. */
const HARMLESS = /^(-?\d+(\.\d+)?(ms|s|m|h|d)?|true|false|[a-z]{1,12}|[a-z0-9.-]+:\d{1,5}(,[a-z0-9.-]+:\d{1,5})*)$/;

/** The configuration for people to read, as plain values: what could be a secret is hidden, of addresses only the login and the rest of the path. */
export function maskedOf(tree: Tree, key = '', part = false): unknown {
  if (tree.kind === 'map') {
    // Outside of `with` names are people's own: a model may be called `passes`.
    const nameOf = (name: string) => (part ? below(key, name) : name);
    return Object.fromEntries(
      [...tree.entries].map(([name, { value }]) => [name, maskedOf(value, nameOf(name), part || name === 'with')]),
    );
  }
  if (tree.kind === 'list') return tree.items.map((item) => maskedOf(item, key, part));
  const { value, secret } = tree;
  if (value === null || value === '') return value;
  if (isSensitive(key)) return '(hidden)';
  if (typeof value !== 'string') return value;
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/\s?#]*)(.*)$/is.exec(value.replace(LOGIN, '://'));
  // Of an address that came from outside even the path may be a secret: a webhook's is.
  if (url) {
    const rest = secret && url[3]!.length > 1 ? '/…' : url[3]!.replace(ASKED, '$1(hidden)');
    return `${url[1]}://${LOGIN.test(value) ? '…@' : ''}${url[2]}${rest}`;
  }
  return secret && !HARMLESS.test(value) ? '(hidden)' : withoutPasswords(value);
}

/** Whether nobody but its owner should see what stands under a key. */
export const isSensitive = (key: string | number): boolean => typeof key === 'string' && SENSITIVE.test(key);

/** What stands below a sensitive key is as sensitive, whatever it is called. */
const below = (key: string, name: string): string => (isSensitive(key) ? key : name);

/** A configuration in which what could be a secret is replaced by a fingerprint: it can be stored and compared, and shown. */
export function fingerprinted(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fingerprinted(item, key));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, fingerprinted(part, below(key, name))]));
  const secret = value !== '' && (isSensitive(key) || (typeof value === 'string' && LOGIN.test(value)));
  return secret && value !== undefined && value !== null ? hidden(String(value)) : value;
}

/** What stands for a secret: the same for the same secret. */
export const hidden = (secret: string): string => `hidden:${sha256(secret).slice(0, 8)}`;
