// Fills variables and `--set` into a pipeline file.

import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { messageOf, readBounded } from '../../api/index.js';
import type { Place, Problem } from './problems.js';
import { type MapTree, mapScalars, overlay, type ScalarTree, type Tree } from './tree.js';

/** Largest secret, bytes. */
const MAX_SECRET = 65_536;
// ${NAME}, ${NAME:-default} or ${file:/path}; $$ stands for one dollar sign.
const VARIABLE = /\$\$|\$\{(file:)?([^}:]+|[^}]*?)(:-([^}]*))?\}/g;

/**
 * Fills variables into scalars. Keys, comments and structure are out of their reach: the file is parsed first.
 * @param read gets the path of each file of a secret
 */
export function fillVariables(
  tree: Tree,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
  read: string[] = [],
): { tree: Tree; problems: Problem[] } {
  const problems: Problem[] = [];
  const filled = mapScalars(tree, (scalar) => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('$')) return scalar;
    let secret = false;
    let touched = false;
    const value = scalar.value.replace(
      VARIABLE,
      (match, file: string | undefined, name: string, fallback?: string, text?: string) => {
        if (match === '$$') return '$';
        touched = true;
        if (file) {
          secret = true;
          read.push(resolve(directory, name));
          return readSecret(name, directory, scalar.place, problems);
        }
        // As in a shell, `:-` also covers a variable that is set to nothing.
        const found = environment[name];
        if (found !== undefined && (found !== '' || fallback === undefined)) {
          secret = true;
          return found;
        }
        if (fallback !== undefined) return text ?? '';
        const message = `the environment variable ${name} is not set; set it, or give a default: \${${name}:-…}`;
        problems.push({ code: 'QS_CONFIG_VARIABLE', message, place: scalar.place });
        return '';
      },
    );
    return touched ? { ...scalar, value, filled: true, secret } : { ...scalar, value };
  });
  return { tree: filled, problems };
}

function readSecret(path: string, directory: string, place: Place, problems: Problem[]): string {
  try {
    return readBounded(resolve(directory, path), MAX_SECRET)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  } catch (error) {
    problems.push({
      code: 'QS_CONFIG_VARIABLE',
      message: `the secret file ${path} ${messageOf(error)}; create it or correct the path`,
      place,
    });
    return '';
  }
}

/** Lays `path.to=value` arguments over a file; a value is read as YAML. */
export function applySettings(tree: MapTree, settings: readonly string[]): { tree: MapTree; problems: Problem[] } {
  const problems: Problem[] = [];
  let result: Tree = tree;
  for (const setting of settings) {
    const place: Place = { file: `--set ${setting}`, line: 0, column: 0, source: setting, width: 1 };
    const equals = setting.indexOf('=');
    const path = setting.slice(0, equals).split('.');
    if (equals <= 0 || path.some((step) => step === '')) {
      const message = `expected --set path.to=value, found "${setting}"; for example --set models.forest.with.trees=200`;
      problems.push({ code: 'QS_CONFIG_SET', message, place });
      continue;
    }
    const text = setting.slice(equals + 1);
    let value: Tree;
    try {
      // A dash alone is standard input, and no list of nothing.
      value = toTree(text === '-' ? text : parseYaml(text, { maxAliasCount: 0 }), place);
    } catch {
      problems.push({ code: 'QS_CONFIG_SET', message: `the value in "${setting}" is not YAML; quote it`, place });
      continue;
    }
    for (const step of path.reverse()) value = { kind: 'map', place, entries: new Map([[step, { key: place, value }]]) };
    result = overlay(result, value);
  }
  return { tree: result as MapTree, problems };
}

function toTree(value: unknown, place: Place): Tree {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => toTree(item, place)) };
  if (typeof value === 'object' && value !== null) {
    const entries = new Map(Object.entries(value).map(([key, part]) => [key, { key: place, value: toTree(part, place) }]));
    return { kind: 'map', place, entries };
  }
  return { kind: 'scalar', place, value: value as ScalarTree['value'] };
}
