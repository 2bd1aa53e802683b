// Verdicts and episodes as lines for people.

import {
  type Episode,
  type Incident,
  printable,
  type Severity,
  type SinkBatch,
  sayDuration,
  sayNumber,
  type Verdict,
} from '@quantstream/engine';

export type Show = 'episodes' | 'anomalies' | 'verdicts';

/** Incidents, and topics that are over, that are remembered as printed. */
const REMEMBERED = 1_000;

/**
 * What a batch prints: whole lines, or nothing.
 * @param printed the incidents, and the topics that are over, that have had their line
 */
export function lines(batch: SinkBatch, show: Show, format: 'text' | 'json', printed = new Set<string>()): string {
  const verdicts = batch.verdicts.filter((verdict) =>
    show === 'verdicts' ? true : show === 'anomalies' ? verdict.anomalous : verdict.raised,
  );
  // An episode of one row has been told in whole by the line that opened it.
  const closed = show === 'verdicts' ? [] : batch.episodes.filter(({ status, rows }) => status === 'closed' && rows > 1);
  // What goes wrong while something else is already told.
  const also = show === 'verdicts' ? [] : batch.verdicts.filter(({ raised, news }) => !raised && news !== undefined);
  // However much comes to an incident, it has one line when it begins and one when it is over.
  const incidents = (show === 'verdicts' ? [] : (batch.incidents ?? [])).filter(({ id, status }) => {
    const fresh = isFresh(id, printed);
    return fresh || status === 'closed';
  });
  // What has ended while something else goes on.
  const ended = (show === 'verdicts' ? [] : batch.episodes).flatMap(({ id, key, status, topics }) =>
    topics
      .filter(({ name, over, again = 0 }) => status === 'open' && over && isFresh(`${id} ${name} ${again}`, printed))
      .map((topic) => ({ episode: id, key, topic })),
  );
  const records = [
    ...incidents.map((incident) => ({
      time: incident.status === 'open' ? incident.start : incident.end,
      text: () => incidentLine(incident),
      record: { what: 'incident', ...incident },
    })),
    ...also.flatMap(({ time, key, news, episode }) =>
      news!.map((topic) => ({
        time,
        text: () => [stamp(time), level(topic.severity), key, `${topic.again ? 'again' : 'also'}: ${topic.reason}`].join('  '),
        record: { what: 'topic', time, key, episode, ...topic },
      })),
    ),
    ...ended.map(({ episode, key, topic: { time, last = time, ...topic } }) => ({
      time: last,
      text: () => [stamp(last), 'over'.padEnd(WIDTH), key, `not any more: ${topic.reason}`].join('  '),
      record: { what: 'topic', time, last, key, episode, ...topic },
    })),
    ...verdicts.map((verdict) => ({
      time: verdict.time,
      text: () => verdictLine(verdict, show),
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

function isFresh(what: string, printed: Set<string>): boolean {
  const fresh = !printed.has(what);
  if (printed.size >= REMEMBERED) printed.clear();
  printed.add(what);
  return fresh;
}

/** `2026-01-12 12:57:03.000Z  WARNING   BTCUSDT  volume_change 41 is …`; whoever looks at every row wants its score as well. */
function verdictLine({ time, key, anomalous, severity, score, threshold, reason }: Verdict, show: Show): string {
  const judged = show === 'episodes' || Number.isNaN(score) ? undefined : scored(score, threshold);
  const word = anomalous ? level(severity ?? 'warning') : 'normal'.padEnd(WIDTH);
  return [stamp(time), word, key, reason, judged].filter((part) => part !== undefined).join('  ');
}

/** Where a threshold is not known, nothing is said of it. */
const scored = (score: number, threshold: number): string =>
  `(score ${sayNumber(score)}${Number.isNaN(threshold) ? '' : `, alarm above ${sayNumber(threshold)}`})`;

function episodeLine({ key, start, end, rows, peak, severity }: Episode): string {
  const word = 'over'.padEnd(WIDTH);
  return `${stamp(end)}  ${word}  ${key}  ${severity}: ${rows} anomalous rows in ${sayDuration(end - start)}, the oddest at ${stamp(peak).slice(11)}`;
}

/** Names that a line says. */
const SAID = 5;

function incidentLine({ status, key, keys, names, columns, severity, start, end }: Incident): string {
  const list = `${names.slice(0, SAID).join(', ')}${keys > SAID ? ` and ${keys - SAID} more` : ''}`;
  if (status === 'closed')
    return `${stamp(end)}  ${'over'.padEnd(WIDTH)}  ${key}  ${severity}: ${keys} keys together for ${sayDuration(end - start)}: ${list}`;
  const shared = columns.length > 0 ? `; they share ${columns.join(', ')}` : '';
  return `${stamp(start)}  ${level(severity)}  ${key}  ${keys} keys began together: ${list}${shared}`;
}

const WIDTH = 8;
const level = (severity: Severity): string => severity.toUpperCase().padEnd(WIDTH);
const stamp = (time: number): string => new Date(time).toISOString().replace('T', ' ');
const json = (record: object): string =>
  JSON.stringify(record, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? null : value));
