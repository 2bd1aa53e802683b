// Verdicts and episodes as lines for people.

import { type Episode, printable, type SinkBatch, type Verdict } from '@quantstream/engine';

export type Show = 'episodes' | 'anomalies' | 'verdicts';

/** What a batch prints: whole lines, or nothing. */
export function lines(batch: SinkBatch, show: Show, format: 'text' | 'json'): string {
  const verdicts = batch.verdicts.filter((verdict) =>
    show === 'verdicts' ? true : show === 'anomalies' ? verdict.anomalous : verdict.raised,
  );
  // An episode of one row has been told in whole by the line that opened it.
  const closed = show === 'verdicts' ? [] : batch.episodes.filter(({ status, rows }) => status === 'closed' && rows > 1);
  // What goes wrong while something else is already told.
  const also = show === 'verdicts' ? [] : batch.verdicts.filter(({ raised, news }) => !raised && news !== undefined);
  const records = [
    ...also.flatMap(({ time, key, news, episode }) =>
      news!.map((topic) => ({
        time,
        text: () => [stamp(time), 'ALSO   ', key, topic.severity, topic.reason].join('  '),
        record: { what: 'topic', time, key, episode, ...topic },
      })),
    ),
    ...verdicts.map((verdict) => ({
      time: verdict.time,
      text: () => verdictLine(verdict),
      record: { what: 'verdict', ...verdict },
    })),
    ...closed.map((episode) => ({
      time: episode.end,
      text: () => episodeLine(episode),
      record: { what: 'episode', ...episode },
    })),
  ].sort((a, b) => a.time - b.time);
  return records.map(({ text, record }) => `${format === 'json' ? json(record) : printable(text())}\n`).join('');
}

/** `2026-01-12 12:57:03.000Z  ANOMALY  BTCUSDT  0.741 > 0.702  volume_change 41 is …` */
function verdictLine({ time, key, anomalous, score, threshold, reason }: Verdict): string {
  const judged = Number.isNaN(score) ? '-' : `${short(score)} ${anomalous ? '>' : '≤'} ${short(threshold)}`;
  return [stamp(time), anomalous ? 'ANOMALY' : 'normal ', key, judged, reason].filter((part) => part !== undefined).join('  ');
}

function episodeLine({ key, start, end, rows, peakScore, peak }: Episode): string {
  const span = `${((end - start) / 1_000).toLocaleString('en', { maximumFractionDigits: 1 })} s`;
  return `${stamp(end)}  over     ${key}  ${rows} anomalous rows in ${span}, peak ${short(peakScore)} at ${stamp(peak).slice(11)}`;
}

const short = (value: number): string => (Number.isNaN(value) ? '–' : String(Number(value.toPrecision(3))));
const stamp = (time: number): string => new Date(time).toISOString().replace('T', ' ');
const json = (record: object): string =>
  JSON.stringify(record, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? null : value));
