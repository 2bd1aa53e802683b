// Whether our VUS-PR is that of the code that TSB-AD publishes: the same scores, labels and buffer, given to both.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bufferFor, layOut, ranking, volumeUnderPr } from '../../engine/dist/evaluate/index.js';
import { table } from '../lib/measuring.mjs';
import { of, Skipped } from './runs.mjs';

const OPTIONS = { graceMs: 0, cooldownMs: 0 };
/** Of every series a second form: its first fifth without a score, as behind a warm-up. */
const UNJUDGED = 5;

/** Series of which others' scores were kept by the sections before: key, times, scores and labels. */
function kept(folder, labels, keys) {
  const all = readFileSync(labels, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return keys.map((key) => {
    const lines = readFileSync(join(folder, `${key}.csv`), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const pairs = lines.map((line) => line.split(',').map(Number));
    const [times, scores] = [0, 1].map((i) => Float64Array.from(pairs, (pair) => pair[i]));
    return { key, times, scores, labels: all.filter((label) => label.key === key) };
  });
}

export function volume(runs) {
  if (runs.python === undefined) throw new Skipped('expected --python');
  const shapesFolder = join(runs.folder, readdirSync(runs.folder).find((name) => name.startsWith('shapes-')) ?? 'shapes');
  const series = [];
  try {
    const servers = ['omi-5', 'omi-6', 'omi-7', 'omi-8'];
    series.push(...kept(join(runs.folder, 'server-peers/pca'), join(runs.data('servers'), 'labels.jsonl'), servers));
    const keys = ['ecg-mean-11', 'sine-trend-11', 'square-variance-11'];
    series.push(...kept(join(shapesFolder, 'peers/sub_pca'), join(shapesFolder, 'labels.jsonl'), keys));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Skipped(`nothing was scored before (${error.path})`);
  }
  const cases = series.flatMap(({ key, times, scores, labels }) =>
    [scores, scores.map((score, i) => (i < scores.length / UNJUDGED ? Number.NaN : score))].map((given) => {
      const field = layOut([{ key, times }], labels, OPTIONS);
      const buffer = bufferFor(field);
      const least = given.reduce((low, score) => (score < low ? score : low), 0) - 1;
      const theirs = {
        labels: [...field.positive],
        scores: Array.from(given, (score) => (Number.isNaN(score) ? least : score)),
        buffer,
      };
      return {
        key,
        buffer,
        judged: given.filter((score) => !Number.isNaN(score)).length / given.length,
        ours: volumeUnderPr(field, given, ranking(given), buffer),
        theirs,
      };
    }),
  );
  const asked = JSON.stringify(cases.map(({ theirs }) => theirs));
  const file = join(runs.folder, `volume-${createHash('sha256').update(asked).digest('hex').slice(0, 12)}.json`);
  writeFileSync(file, asked);
  let answer;
  try {
    answer = runs.py('scripts/benchmark/tsb_ad.py', file);
  } catch (error) {
    if (error.message.includes('No module named')) throw new Skipped('tsb-ad is not installed for --python');
    throw error;
  }
  if (answer === undefined) throw new Skipped('there was no time to measure');
  const published = JSON.parse(answer);
  const rows = cases.map(({ key, buffer, judged, ours }, i) => [
    key,
    of(judged),
    String(buffer),
    of(ours, 6),
    of(published[i], 6),
  ]);
  const worst = Math.max(...cases.map(({ ours }, i) => Math.abs(ours - published[i])));
  return `Greatest difference: ${worst.toExponential(1)}.\n\n${table(['scores of a fitted PCA on', 'judged', 'buffer (rows)', 'ours', 'tsb-ad'], rows)}`;
}
