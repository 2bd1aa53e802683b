/** Which archives cover a stretch of time, and where they are published. */
import type { Config } from '../config.js';

const DAY = 86_400_000;

/** A zip that data.binance.vision may publish. */
export interface Publication {
  /** `BTCUSDT-aggTrades-2024-08-01.zip` */
  readonly name: string;
  /** Address below the archive's own. */
  readonly path: string;
  /** ms since the epoch; `to` is not included. */
  readonly from: number;
  readonly to: number;
}

export interface Wanted {
  readonly symbol: string;
  readonly stream: Config['stream'];
  readonly market: Config['market'];
}

const iso = (time: number, length: number) => new Date(time).toISOString().slice(0, length);

/** The archive of a day or month. Layout as in the readme of github.com/binance/binance-public-data. */
function publication({ symbol, stream, market }: Wanted, from: number, to: number): Publication {
  const kind = stream === 'aggTrade' ? 'aggTrades' : 'trades';
  const daily = to - from <= DAY;
  const name = `${symbol}-${kind}-${iso(from, daily ? 10 : 7)}.zip`;
  const place = market === 'spot' ? 'spot' : 'futures/um';
  return { name, path: `/data/${place}/${daily ? 'daily' : 'monthly'}/${kind}/${symbol}/${name}`, from, to };
}

/** The archives of the single days in a stretch of time: every day that it touches. */
export function daysOf(wanted: Wanted, from: number, to: number): Publication[] {
  const found: Publication[] = [];
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY) found.push(publication(wanted, day, day + DAY));
  return found;
}

/** The archives that cover a stretch of time: of whole months where it holds them, else of days. Those of a month that has not ended are days. */
export function publicationsOf(wanted: Wanted, from: number, to: number, now: number): Publication[] {
  const found: Publication[] = [];
  let day = Math.floor(from / DAY) * DAY;
  while (day < to) {
    const date = new Date(day);
    const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    const whole = date.getUTCDate() === 1 && nextMonth <= to && nextMonth <= now && from <= day;
    const end = whole ? nextMonth : day + DAY;
    found.push(publication(wanted, day, end));
    day = end;
  }
  return found;
}
