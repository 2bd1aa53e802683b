/** Numbers and times as reports write them. */

export const percent = (share: number) =>
  Number.isNaN(share) ? '–' : `${(100 * share).toFixed(share > 0 && share < 0.095 ? 1 : 0)} %`;
export const figure = (value: number, digits = 3) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
export const short = (value: number, digits = 4) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : Number.isNaN(value) ? '–' : value < 0 ? '−∞' : '∞';
export const counted = (count: number, one: string) => `${group(count)} ${one}${count === 1 ? '' : 's'}`;
export const group = (value: number) => value.toLocaleString('en');
/** A length of time, ms. */
export function length(ms: number): string {
  if (Number.isNaN(ms)) return '–';
  const seconds = ms / 1_000;
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 7_200) return `${Number((seconds / 60).toPrecision(3))} min`;
  return seconds < 172_800 ? `${Number((seconds / 3_600).toPrecision(3))} h` : `${Number((seconds / 86_400).toPrecision(3))} d`;
}
/** `2024-08-08 12:00:00`, UTC. */
export const moment = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : '–');

/** A time within a recording: `3:12`, `1:02:45`. */
export function since(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, String(seconds % 60).padStart(2, '0')];
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** Text in lines of at most so many characters; words that are longer are cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = word;
  }
  return line === '' ? lines : [...lines, line];
}
