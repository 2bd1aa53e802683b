// The files of the page itself.

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** Where they lie beside what runs: the bundle, or the sources while they are tested. */
const FOLDER = new URL(import.meta.url.includes('/bundle/') ? './web/' : '../../bundle/web/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** What a browser may do with anything of this page: nothing from elsewhere, no script in the text, in nobody's frame. */
export const SAFE: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** Sends a file by its bare name. @returns false: there is none */
export async function sendFile(name: string, response: ServerResponse): Promise<boolean> {
  const type = TYPES[/\.([a-z]+)$/.exec(name)?.[1] ?? ''];
  if (type === undefined || !/^[\w.-]+$/.test(name)) return false;
  try {
    const text = await readFile(new URL(name, FOLDER));
    response.writeHead(200, { ...SAFE, 'content-type': type, 'cache-control': 'no-cache' });
    response.end(text);
    return true;
  } catch {
    return false;
  }
}
