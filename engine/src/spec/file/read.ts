// Reads a pipeline file and what it extends, within bounds, as a tree that knows its places.

import { dirname, isAbsolute, resolve } from 'node:path';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { readBounded, Unreadable } from '../../api/index.js';
import { ConfigError, type Place, type Problem } from './problems.js';
import { type MapTree, overlay, type ScalarTree, type Tree } from './tree.js';

/** Largest pipeline file, bytes. */
const MAX_BYTES = 1024 * 1024;
/** Most values in a pipeline file once its aliases are expanded: what keeps a "billion laughs" file harmless. */
const MAX_VALUES = 20_000;

/** How deep its values may be nested, aliases included. */
const MAX_DEPTH = 64;
const SEPARATORS = /[:,\-[{\n]/g;
/** Comments and texts have some of them as well. */
const MAX_SEPARATORS = 4 * MAX_VALUES;
/** Longest chain of files that extend one another. */
const MAX_CHAIN = 32;
const TOO_MANY = `has more values than the ${MAX_VALUES.toLocaleString('en')} that a pipeline file may have`;
const TWICE = 'this key stands here twice; keep one';
const NO_MERGE = 'merge keys (<<) are not supported; repeat the keys, or put what is shared into a file of its own and extend it';

/** How much a pipeline file may still hold, all that it extends together. */
interface Room {
  values: number;
  separators: number;
}
const whole = (): Room => ({ values: MAX_VALUES, separators: MAX_SEPARATORS });

/** Reads a pipeline file, with what it extends. @param read gets the path of each file @throws {ConfigError} */
export function readPipelineFile(path: string, shown = path, read: string[] = []): MapTree {
  return readChain(path, shown, read, [], whole());
}

function readChain(path: string, shown: string, read: string[], seen: readonly string[], room: Room): MapTree {
  read.push(resolve(path));
  const tree = parse(readText(path, shown), shown, room);
  const extended = tree.entries.get('extends');
  if (!extended) return tree;
  tree.entries.delete('extends');
  const { value, place } = extended.value as ScalarTree;
  if (extended.value.kind !== 'scalar' || typeof value !== 'string') {
    fail('QS_CONFIG_EXTENDS', 'extends takes the path of one pipeline file, relative to this one', extended.value.place);
  }
  const base = resolve(dirname(path), value);
  const chain = [...seen, resolve(path)];
  if (chain.includes(base)) {
    fail('QS_CONFIG_EXTENDS', `extends leads back to ${value}: a pipeline file cannot extend itself`, place);
  }
  if (chain.length >= MAX_CHAIN)
    fail('QS_CONFIG_TOO_LARGE', `more than ${MAX_CHAIN} files extend one another here; put some of them together`, place);
  try {
    return overlay(readChain(base, resolveShown(shown, value), read, chain, room), tree) as MapTree;
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems[0]!.code !== 'QS_CONFIG_READ' || error.problems[0]!.place) throw error;
    return fail('QS_CONFIG_EXTENDS', `the file that it extends cannot be read: ${error.problems[0]!.message}`, place);
  }
}

function resolveShown(shown: string, relative: string): string {
  if (isAbsolute(relative)) return relative;
  const slash = shown.lastIndexOf('/');
  return slash < 0 ? relative : `${shown.slice(0, slash)}/${relative}`.replace(/[^/]+\/\.\.\//g, '').replace(/\/\.\//g, '/');
}

function readText(path: string, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBounded(path, MAX_BYTES));
  } catch (error) {
    if (error instanceof Unreadable) return fail('QS_CONFIG_READ', `${shown} ${error.message}; give the path of a pipeline file`);
    return fail('QS_CONFIG_READ', `${shown} is not text in UTF-8`);
  }
}

/** Text as a tree. @param room what it takes of it @throws {ConfigError} with every syntax error */
export function parse(text: string, file: string, room: Room = whole()): MapTree {
  const lines = new LineCounter();
  const document = composed(text, lines, file, room);
  const sources = text.split(/\r?\n/);
  const placeAt = (start: number, end: number): Place => {
    const { line, col } = lines.linePos(start);
    const source = sources[line - 1] ?? '';
    return { file, line, column: col, source, width: Math.max(1, Math.min(end - start, source.length - col + 1)) };
  };
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    // One mistake makes the parser stumble over the rest of its line: the first of each line says enough.
    const problems = new Map<number, Problem>();
    for (const error of errors) {
      const place = placeAt(error.pos[0], error.pos[1]);
      if (!problems.has(place.line))
        problems.set(place.line, { code: 'QS_CONFIG_SYNTAX', message: explain(error, place), place });
    }
    throw new ConfigError([...problems.values()]);
  }
  const top = placeAt(0, 1);
  const problems: Problem[] = [];
  const targets = targetsIn(document);
  const subject = room.values === MAX_VALUES ? 'the file expands' : 'the file and those that extend it expand';
  let depth = 0;

  function convert(node: Node | null, at: Place): Tree {
    depth++;
    try {
      return within(node, at);
    } finally {
      depth--;
    }
  }

  function within(node: Node | null, at: Place): Tree {
    const place = node?.range ? placeAt(node.range[0], node.range[1]) : at;
    if (--room.values < 0)
      fail('QS_CONFIG_TOO_LARGE', `${subject} to more than ${MAX_VALUES.toLocaleString('en')} values; remove aliases`, place);
    if (depth > MAX_DEPTH)
      fail(
        'QS_CONFIG_TOO_LARGE',
        `values are nested deeper than ${MAX_DEPTH} here; remove an alias that leads into itself`,
        place,
      );
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target) return convert(target, place);
      problems.push({
        code: 'QS_CONFIG_SYNTAX',
        message: `the alias *${node.source} has no anchor &${node.source} above it`,
        place,
      });
    }
    if (isMap(node)) {
      const entries: MapTree['entries'] = new Map();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        const keyPlace = (key as Node | null)?.range ? placeAt((key as Node).range![0], (key as Node).range![1]) : place;
        const wrong = name === '' ? 'a key must be plain text' : name === '<<' ? NO_MERGE : entries.has(name) ? TWICE : undefined;
        if (wrong !== undefined) problems.push({ code: 'QS_CONFIG_SYNTAX', message: wrong, place: keyPlace });
        entries.set(name, { key: keyPlace, value: convert(value as Node | null, keyPlace) });
      }
      return { kind: 'map', place, entries };
    }
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => convert(item as Node | null, place)) };
    const value = isScalar(node) ? node.value : null;
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      problems.push({ code: 'QS_CONFIG_SYNTAX', message: 'only text, numbers, true, false and null can stand here', place });
      return { kind: 'scalar', place, value: null };
    }
    return { kind: 'scalar', place, value: value as ScalarTree['value'] };
  }

  const tree = convert(document.contents as Node | null, top);
  if (problems.length > 0) throw new ConfigError(problems);
  if (tree.kind !== 'map') {
    fail('QS_CONFIG_SYNTAX', 'a pipeline file is a map of keys such as name, source, features, models and sinks', top);
  }
  return tree as MapTree;
}

/** The document as the parser sees it. Aliases and repeated keys are looked at later, within a budget: the parser's own ways take too long. */
function composed(text: string, lineCounter: LineCounter, file: string, room: Room): Document.Parsed {
  const options = { lineCounter, uniqueKeys: false, prettyErrors: false, version: '1.2', merge: false } as const;
  // Every value of a file stands behind one of these, so a file with too many is not composed at all.
  room.separators -= text.match(SEPARATORS)?.length ?? 0;
  if (room.separators < 0) return fail('QS_CONFIG_TOO_LARGE', `${file} ${TOO_MANY}`);
  const tooDeep = () => fail('QS_CONFIG_TOO_LARGE', `${file} is nested too deep to be read`);
  try {
    const document = parseDocument(text, options);
    // The parser calls its own despair a mistake of the file.
    return document.errors.some(({ message }) => message.includes('call stack')) ? tooDeep() : document;
  } catch (error) {
    if (error instanceof RangeError) return tooDeep();
    throw error;
  }
}

/** What each alias stands for: the anchor above it. */
function targetsIn(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function explain({ code, message }: YAMLError, { source }: Place): string {
  if (code === 'MULTIPLE_DOCS') return 'a pipeline file is one document; remove what follows the ---';
  const hint = /(?<!['"])\$\{[^}]*\}/.test(source) ? `; a value with \${…} needs quotes inside { }` : '';
  return `not YAML: ${message.replace(/\s+/g, ' ')}${hint}`;
}

function fail(code: Problem['code'], message: string, place?: Place): never {
  throw new ConfigError([place ? { code, message, place } : { code, message }]);
}
