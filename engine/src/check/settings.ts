// How what was recorded was set, and how that differs from another recording.

import { type Observation, printable, type Setting, type Settings } from '../api/index.js';
import { group, short, wrap } from '../charts/words.js';

/** By key and name: the last of each. */
export type KeptSettings = ReadonlyMap<string, ReadonlyMap<string, Setting>>;

/** The longest name and value that is kept. */
const LONGEST = 64;
/** Digits of what is no whole number, as it is shown; those that look alike are alike. Whole numbers (bits, say) have all of theirs. */
const DIGITS = 7;
/** Names that stand in a line at most, where they are not listed. */
const NAMED = 6;
const GAP = '  ';

/** Keeps what observations say of settings. */
export class SettingsKeeper {
  private readonly kept = new Map<string, Map<string, Setting>>();
  private readonly settings: Settings | undefined;

  constructor(settings: Settings | undefined) {
    this.settings = settings;
  }

  hear(observation: Observation): void {
    if (observation.type !== this.settings?.type) return;
    const setting = this.settings.of(observation);
    if (setting === undefined) return;
    let own = this.kept.get(observation.key);
    if (!own) {
      own = new Map();
      this.kept.set(observation.key, own);
    }
    const name = plain(setting.name);
    const value = typeof setting.value === 'string' ? plain(setting.value) : setting.value;
    own.set(name, { name, value, ...(setting.group === undefined ? {} : { group: setting.group }) });
  }

  all(): KeptSettings {
    return this.kept;
  }
}

const plain = (text: string) => printable(text.slice(0, LONGEST));

/** One that is set otherwise. */
export interface DifferingSetting {
  readonly name: string;
  readonly here: number | string;
  readonly there: number | string;
  /** What is shown apart, by what it is. */
  readonly group?: string;
}

/** One key beside that of another recording. */
export interface ComparedKey {
  readonly key: string;
  /** Its key in the other recording; null: that says nothing of any that could be meant. */
  readonly other: string | null;
  /** Settings that both say. */
  readonly compared: number;
  /** In order of their names. */
  readonly differing: readonly DifferingSetting[];
  /** Names of those that only one of the two says. */
  readonly onlyHere: readonly string[];
  readonly onlyThere: readonly string[];
}

/** Settings of a recording beside those of another. */
export interface Comparison {
  /** The other one, as the user named it. */
  readonly file: string;
  readonly keys: readonly ComparedKey[];
}

/**
 * Compares settings key by key. Where a key is not in the other recording and both hold one, these two are compared.
 * @param keys of this recording, those that say nothing of settings included
 */
export function compareSettings(keys: readonly string[], here: KeptSettings, there: KeptSettings, file: string): Comparison {
  const nothing: ReadonlyMap<string, Setting> = new Map();
  const [only] = there.size === 1 && keys.length === 1 ? there.keys() : [];
  return {
    file,
    keys: keys.map((key): ComparedKey => {
      const other = there.has(key) ? key : (only ?? null);
      const [own, others] = [here.get(key) ?? nothing, there.get(other ?? '') ?? nothing];
      const both = [...own.values()].filter(({ name }) => others.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
      return {
        key,
        other,
        compared: both.length,
        differing: both.flatMap(({ name, value, group: apart }) => {
          const { value: there } = others.get(name)!;
          const differs = shown(value) !== shown(there);
          return differs ? [{ name, here: value, there, ...(apart === undefined ? {} : { group: apart }) }] : [];
        }),
        onlyHere: lacking(own, others),
        onlyThere: lacking(others, own),
      };
    }),
  };
}

const lacking = (all: ReadonlyMap<string, unknown>, others: ReadonlyMap<string, unknown>) =>
  [...all.keys()].filter((name) => !others.has(name)).sort();

/** A value as it is written. */
export const shown = (value: number | string): string =>
  typeof value === 'string' ? value : Number.isSafeInteger(value) ? String(value) : short(value, DIGITS);

/** Those of one table: without a group first. */
export function tablesOf({ differing }: ComparedKey): [title: string, rows: readonly DifferingSetting[]][] {
  const titles = [...new Set(differing.map((one) => one.group ?? ''))].sort();
  return titles.map((title) => [title, differing.filter((one) => (one.group ?? '') === title)]);
}

/** `3 of 1,213 settings differ from other.bin`. */
export function howDiffering({ compared, differing, other }: ComparedKey, file: string): string {
  if (other === null) return `${file} says nothing of its settings`;
  if (compared === 0) return `no setting is said both here and in ${file}`;
  const as = differing.length === 0 ? 'none' : group(differing.length);
  const settings = compared === 1 ? 'setting' : 'settings';
  return `${as} of ${group(compared)} ${settings} ${differing.length === 1 || compared === 1 ? 'differs' : 'differ'} from ${file}`;
}

/** `2 only here: A, B`; what only one of the two says. */
export function oneSided({ onlyHere, onlyThere }: ComparedKey): string[] {
  const told = (names: readonly string[], where: string) => {
    const more = names.length > NAMED ? ', …' : '';
    return names.length === 0 ? [] : [`${group(names.length)} only ${where}: ${names.slice(0, NAMED).join(', ')}${more}`];
  };
  return [...told(onlyHere, 'here'), ...told(onlyThere, 'there')];
}

/** The comparison for a terminal; what stands apart is listed where details are asked for. */
export function comparisonText({ file, keys }: Comparison, width: number, details: boolean): string[] {
  return keys.flatMap((key) => {
    const whose = keys.length > 1 ? `${key.key}: ` : '';
    const lines = ['', ...wrap(`Settings: ${whose}${howDiffering(key, file)}`, width)];
    for (const [title, rows] of tablesOf(key)) {
      if (title !== '' && !details) {
        lines.push('', ...wrap(`${group(rows.length)} of ${title}: ${namesOf(rows)}; --details`, width));
        continue;
      }
      lines.push('', ...table([[title === '' ? 'setting' : title, 'here', 'there'], ...rows.map(cellsOf)]));
    }
    const rest = oneSided(key);
    if (rest.length > 0 && key.compared > 0) lines.push('', ...wrap(rest.join('; '), width));
    return lines;
  });
}

const cellsOf = ({ name, here, there }: DifferingSetting) => [name, shown(here), shown(there)];

const namesOf = (rows: readonly DifferingSetting[]) =>
  `${rows
    .slice(0, NAMED)
    .map(({ name }) => name)
    .join(', ')}${rows.length > NAMED ? ', …' : ''}`;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((cells) => cells[c]!.length)));
  return rows.map((cells) =>
    cells
      .map((cell, c) => cell.padEnd(widths[c]!))
      .join(GAP)
      .trimEnd(),
  );
}
