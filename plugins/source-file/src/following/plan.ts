// How a followed file is read: its format, and its columns where it does not name them itself.

import type { Mapper } from '@quantstream/engine/recordings';
import type { Format, Settings } from '../config.js';
import { type Named, refusal } from '../files.js';
import { csvHead, csvReader, headIn } from '../formats/csv.js';
import { jsonLinesReader } from '../formats/json.js';
import type { Head, OpenReader } from '../formats/reader.js';
import { stemOf } from './kin.js';

/** How a file is opened. */
export interface Planned {
  readonly open: OpenReader;
  /** The columns of a file whose first line does not name them. */
  readonly columns?: readonly string[];
}

/** A byte order mark, as latin1. */
const MARK = '\u00EF\u00BB\u00BF';

export class Planner {
  private readonly settings: Settings;
  private readonly mapper: Mapper;
  /** The columns of the last file of a name: one that was cut may go on without them. */
  private readonly columns = new Map<string, readonly string[]>();

  constructor(settings: Settings, mapper: Mapper) {
    this.settings = settings;
    this.mapper = mapper;
  }

  /**
   * @param first its first line, as latin1; absent of a packed file
   * @param columns what its columns are, where that is known because it does not name them
   * @throws QS_PLAN_DECLARATION where it lacks a column
   */
  readonly plan = async (file: Named, first: string | undefined, columns?: readonly string[]): Promise<Planned> => {
    const { settings } = this;
    const stem = stemOf(file.path);
    const text = first?.startsWith(MARK) ? first.slice(MARK.length) : first;
    if ((settings.format ?? formatOf(stem, text)) === 'jsonl') return { open: jsonLinesReader };
    if (columns) {
      this.columns.set(stem, columns);
      return { open: csvReader(settings, columns, false), columns };
    }
    const before = this.columns.get(stem);
    const head = await this.head(file, text).catch((error: unknown) => {
      if (before === undefined) throw error;
      return { columns: before };
    });
    const absent = this.mapper.wanted.find((name) => !head.columns.includes(name));
    if (absent === undefined && head.columns !== before) {
      this.columns.set(stem, head.columns);
      return { open: csvReader(settings, head.columns) };
    }
    // A line that calls a column as it was called is a header, and what it lacks is not there.
    const named = head.columns !== before && head.columns.some((cell, i) => cell === before?.[i]);
    if (before?.length === head.columns.length && !named) return { open: csvReader(settings, before, false), columns: before };
    throw refusal(`${file.path} has no column "${absent}" (it has ${head.columns.join(', ')})`);
  };

  private async head(file: Named, text: string | undefined): Promise<Pick<Head, 'columns'>> {
    const { columns } = this.settings.csv;
    if (columns) return { columns };
    return text === undefined ? csvHead(this.settings, file) : headIn(text, this.settings, file);
  }
}

/** The format of a file: by the name that it had before it was rotated, else by its first character. */
export function formatOf(stem: string, text: string | undefined): Format {
  if (/\.(jsonl|ndjson|json)$/i.test(stem)) return 'jsonl';
  if (/\.(csv|tsv|txt)$/i.test(stem)) return 'csv';
  return text !== undefined && /^\s*\{/.test(text) ? 'jsonl' : 'csv';
}
