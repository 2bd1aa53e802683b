// Which columns led to a score: bars by their share, with the direction and the distance from what is usual.

import type { RowInfo } from '../../src/wire.js';
import { about, columnOf } from '../state/store.js';
import { withUnit } from '../state/words.js';

const MOST = 8;
/** A share below this led to nothing. */
const LEAST = 0.005;

type Shares = readonly { readonly column: string; readonly share: number }[];

/** The model that gave contributions and is the oddest. */
const speakerOf = (row: RowInfo) => {
  const odd = (one: RowInfo['models'][number]) => (one.score ?? 0) / (one.threshold || 1);
  return row.models.filter((one) => one.contributions?.length).sort((x, y) => odd(y) - odd(x))[0];
};

/** Shares of the whole. @param least one below it is left out */
function sharesOf(sizes: Shares, least: number): Shares {
  const sum = sizes.reduce((total, one) => total + Math.abs(one.share), 0) || 1;
  return sizes
    .map(({ column, share }) => ({ column, share: Math.abs(share) / sum }))
    .filter(({ share }) => share >= least)
    .sort((x, y) => y.share - x.share)
    .slice(0, MOST);
}

/** How far columns are from usual, as if that were their shares. */
const distancesOf = (row: RowInfo, columns: readonly string[]): Shares =>
  columns.map((column) => ({ column, share: row.away[column] ?? 0 }));

const wordOf = (away: number | null | undefined): string => {
  if (away === null || away === undefined) return '';
  const far = Math.abs(away);
  if (far <= 1) return 'as usual';
  return `${far >= 10 ? Math.round(far) : far.toFixed(1)}× ${away > 0 ? 'above' : 'below'} usual`;
};

export function Contributions({ row }: { row: RowInfo }) {
  const speaker = speakerOf(row);
  const decides = about.value?.models.some(({ name, decides }) => decides && name === speaker?.name) ?? false;
  const looked = speaker
    ? speaker.contributions!.filter(({ share }) => share !== 0).map(({ column }) => column)
    : Object.keys(row.away);
  // A rule looks at columns, all alike; they stand in the order of their distance from usual.
  const shares = sharesOf(speaker && !decides ? speaker.contributions! : distancesOf(row, looked), decides ? 0 : LEAST);
  if (shares.length === 0) return null;
  const most = shares[0]!.share || 1;
  return (
    <section>
      <h3>{decides ? 'What the rule looked at' : speaker ? 'What led to the score' : 'Farthest from usual'}</h3>
      <ul class="contributions">
        {shares.map(({ column, share }) => {
          const away = row.away[column];
          const up = (away ?? 0) > 0;
          const far = Math.abs(away ?? 0) > 1;
          return (
            <li key={column} title={columnOf.value.get(column)?.about}>
              <span class="name">{column}</span>
              <span class="value">{withUnit(row.values[column], columnOf.value.get(column)?.unit)}</span>
              <span class="track">
                <i class={far ? (up ? 'up' : 'down') : ''} style={{ width: `${Math.max(1, (share / most) * 100)}%` }} />
              </span>
              <span class="away">
                {far ? (up ? '▲ ' : '▼ ') : ''}
                {wordOf(away)}
              </span>
              <span class="share">{speaker && !decides ? `${Math.round(share * 100)} %` : ''}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
