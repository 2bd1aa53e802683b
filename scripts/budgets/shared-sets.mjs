// Recorded series whose odd stretches are known, without them: servers and the Numenta Anomaly Benchmark, as csv of hosts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const linesOf = (path) => gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split(/\r?\n/).slice(1);
/** Columns of a server that are looked at. */
const COLUMNS = 5;

/** @returns sets with the path of a csv each: `ts,host,…`, the value of a set's columns */
export function sharedSets(shared, folder) {
  const sets = [];
  const add = (kind, names, lines) => {
    const path = join(folder, `${kind.replaceAll(/[^a-z]+/gi, '-')}.csv`);
    writeFileSync(path, `ts,host,${names}\n${lines.join('\n')}\n`);
    sets.push({ kind, path });
  };
  const names = Array.from({ length: COLUMNS }, (_, i) => `c${i + 1}`);
  // The first part has no labelled fault.
  const server = (name, rows) =>
    linesOf(join(shared, 'servers', `${name}.csv.gz`))
      .slice(0, rows)
      .map((line) => {
        const [time, ...values] = line.split(',');
        return `${time},${name},${values.slice(0, COLUMNS).join(',')}`;
      });
  add('servers every 5 minutes (ASD)', names, Array.from({ length: 8 }, (_, i) => server(`omi-${i + 1}`, 8_640)).flat());
  add('servers every minute (SMD)', names, [...server('machine-1-6', 23_688), ...server('machine-2-1', 23_693)]);
  const windows = JSON.parse(readFileSync(join(shared, 'nab', 'labels', 'combined_windows.json'), 'utf8'));
  const nab = Object.entries(windows).flatMap(([file, odd]) =>
    linesOf(join(shared, 'nab', 'data', `${file}.gz`)).flatMap((line) => {
      const [time, value] = line.split(',');
      const at = time.slice(0, 19);
      if (odd.some(([from, to]) => at >= from.slice(0, 19) && at <= to.slice(0, 19))) return [];
      return [`${at.replace(' ', 'T')}Z,${file.replace(/^.*\/|\.csv$/g, '')},${value}`];
    }),
  );
  add('NAB outside of its windows', 'value', nab);
  return sets;
}
