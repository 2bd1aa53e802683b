import { existsSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve as resolveModule } from 'import-meta-resolve';
import { API_VERSION, messageOf, type Plugin, type PluginKind, pluginFrom, QuantStreamError } from '../api/index.js';
import { suggestion } from './file/problems.js';
import { installedOf, packagesOf } from './installed.js';

/** A plugin and where it came from. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly url: string;
}

/**
 * Finds and imports a plugin. A short name is a package of ours (`file` of kind sink is `@quantstream/sink-file`) or one that is named
 * like ours (`quantstream-sink-file`); anything else is a package name, or a path relative to the pipeline file. Packages are looked for from the pipeline file upwards, then
 * beside the engine. Nothing is scanned. The module's default export is the declaration, or a function that makes it from
 * the toolkit (`defineSource` and its siblings, `duration`, `z`): a folder with an `index.js` is a whole plugin.
 * @throws QS_PLUGIN_NOT_FOUND, QS_PLUGIN_INVALID
 */
export async function loadPlugin(kind: PluginKind, use: string, directory: string): Promise<LoadedPlugin> {
  const url = locate(kind, use, directory);
  let candidate: unknown;
  try {
    const module = (await import(url)) as { default?: unknown };
    candidate = pluginFrom(module.default);
  } catch (error) {
    const why = modulesMixed(error, url) ?? messageOf(error);
    throw new QuantStreamError('QS_PLUGIN_INVALID', `the ${kind} plugin "${use}" cannot be loaded: ${why}`, {
      cause: error,
    });
  }
  return { plugin: verify(candidate, kind, use), url };
}

/** What is wrong where a module is read by the rules of CommonJS: the error itself speaks of a token. */
function modulesMixed(error: unknown, url: string): string | undefined {
  const { name, message, code } = error as NodeJS.ErrnoException;
  const mixed =
    (name === 'SyntaxError' && /import statement|token '?export|import\.meta/.test(message)) || code === 'ERR_REQUIRE_ESM';
  if (!mixed || !url.startsWith('file:')) return undefined;
  for (let at = dirname(fileURLToPath(url)); ; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file))
      return `it is an ES module, and ${file} makes it CommonJS; add "type": "module" there, or call the file index.mjs`;
    if (dirname(at) === at) return undefined;
  }
}

const REQUIRED: Readonly<Partial<Record<PluginKind, readonly string[]>>> = {
  source: ['emits'],
  features: ['consumes', 'row', 'initialState'],
  model: ['initialState'],
};

/** Checks that a module's default export is a plugin of the kind. @throws QS_PLUGIN_INVALID */
export function verify(candidate: unknown, kind: PluginKind, use: string): Plugin {
  const refuse = (why: string): never => {
    throw new QuantStreamError('QS_PLUGIN_INVALID', `"${use}" is no ${kind} plugin of this engine: ${why}`);
  };
  const define = `define${kind[0]!.toUpperCase()}${kind.slice(1)}`;
  if (typeof candidate !== 'object' || candidate === null)
    return refuse(`its default export must be what ${define}({…}) returns, or a function that returns it`);
  const plugin = candidate as Partial<Plugin>;
  if (plugin.kind !== kind) return refuse(`it is declared as ${plugin.kind ?? 'nothing'}; declare it with ${define}`);
  if (plugin.api !== API_VERSION)
    return refuse(`it was written for version ${plugin.api} of the contracts, this engine has ${API_VERSION}`);
  const functions = ['create', ...(REQUIRED[kind] ?? [])];
  const lacking = functions.filter((name) => typeof (plugin as Record<string, unknown>)[name] !== 'function');
  if (lacking.length > 0) return refuse(`it lacks ${lacking.map((name) => `${name}()`).join(', ')}`);
  if (typeof plugin.name !== 'string' || typeof plugin.config?.safeParse !== 'function') {
    return refuse('it lacks a name, or a zod schema as config');
  }
  return plugin as Plugin;
}

function locate(kind: PluginKind, use: string, directory: string): string {
  if (use.startsWith('.') || isAbsolute(use)) return locateFile(kind, use, directory);
  // `console` is also a module of Node's, and no plugin.
  const names = /^[a-z][a-z0-9-]*$/.test(use) ? packagesOf(kind, use).filter((name) => !isBuiltin(name)) : [use];
  const parents = [pathToFileURL(join(directory, 'pipeline.yaml')).href, import.meta.url];
  for (const name of names) {
    for (const parent of parents) {
      // What is in no folder above needs no search by the rules of packages, which is slow to fail.
      if (!isInstalled(name, dirname(fileURLToPath(parent)))) continue;
      try {
        return resolveModule(name, parent);
      } catch (error) {
        // Anything but "not there" (a package without an entry, say) is worth hearing about.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw notFound(kind, use, messageOf(error));
      }
    }
  }
  // Only names that are ours or that are installed are ever told: whoever installs what he mistyped may install anything.
  const installed = new Set(
    parents.flatMap((parent) => installedOf(kind, dirname(fileURLToPath(parent))).map(({ name }) => name)),
  );
  const list = installed.size > 0 ? `installed are ${[...installed].sort().join(', ')}` : `no ${kind} plugin is installed`;
  throw notFound(
    kind,
    use,
    `${list}; those that we publish are packages called @quantstream/${kind}-….${suggestion(use, [...installed])}`,
  );
}

/** Whether a package lies in a `node_modules` of a folder or above it. */
function isInstalled(name: string, start: string): boolean {
  const folder = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', ...folder))) return true;
    if (dirname(at) === at) return false;
  }
}

function locateFile(kind: PluginKind, use: string, directory: string): string {
  const path = resolve(directory, use);
  const candidates = [path, `${path}.js`, `${path}.mjs`, join(path, 'index.js'), join(path, 'index.mjs')];
  const file = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  if (!file && existsSync(path) && statSync(path).isDirectory())
    throw notFound(kind, use, 'the folder has no index.js or index.mjs');
  if (!file) throw notFound(kind, use, `there is no such module, looking from ${dirname(join(directory, 'x'))}`);
  return pathToFileURL(file).href;
}

function notFound(kind: PluginKind, use: string, why: string): QuantStreamError {
  return new QuantStreamError('QS_PLUGIN_NOT_FOUND', `the ${kind} plugin "${use}" was not found: ${why}`);
}
