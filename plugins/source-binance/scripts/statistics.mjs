// Statistics of a stretch of trades, for setting recordings and the simulator side by side.

/** Value at the share `q` of an ascending list, between neighbours in proportion. */
export function quantile(ascending, q) {
  const at = (ascending.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(low + 1, ascending.length - 1);
  return ascending[low] + (ascending[high] - ascending[low]) * (at - low);
}

export function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    second += (value - mean) ** 2;
    fourth += (value - mean) ** 4;
  }
  const variance = second / values.length;
  return { mean, variance, kurtosis: fourth / values.length / variance ** 2 };
}

function correlation(values, lag) {
  const { mean, variance } = moments(values);
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += (values[i] - mean) * (values[i - lag] - mean);
  return sum / values.length / variance;
}

/** Last price and trade count of every second, seconds without a trade included. */
export function seconds(trades) {
  const first = Math.floor(trades[0].time / 1000);
  const last = Math.floor(trades.at(-1).time / 1000);
  const count = new Float64Array(last - first + 1);
  const close = new Float64Array(last - first + 1);
  for (const { time, price } of trades) {
    const i = Math.floor(time / 1000) - first;
    count[i]++;
    close[i] = price;
  }
  for (let i = 1; i < close.length; i++) if (count[i] === 0) close[i] = close[i - 1];
  return { first, count, close };
}

export function logReturns(close) {
  const out = new Float64Array(close.length - 1);
  for (let i = 1; i < close.length; i++) out[i - 1] = Math.log(close[i] / close[i - 1]);
  return out;
}

/**
 * @param trades time (ms), price, quantity, sell (1, 0 or undefined), in order
 * @returns named numbers
 */
export function statistics(trades) {
  const { count, close } = seconds(trades);
  const returns = logReturns(close);
  const absolute = returns.map(Math.abs);
  const ascending = Float64Array.from(absolute).sort();
  const { variance, kurtosis } = moments(returns);
  const deviation = Math.sqrt(variance);
  const perSecond = moments(count);
  const sizes = Float64Array.from(trades, ({ quantity }) => quantity).sort();
  const median = quantile(sizes, 0.5);
  const gaps = new Float64Array(trades.length - 1);
  let shared = 0;
  for (let i = 1; i < trades.length; i++) {
    gaps[i - 1] = trades[i].time - trades[i - 1].time;
    if (Math.floor(trades[i].time) === Math.floor(trades[i - 1].time)) shared++;
  }
  const gapMoments = moments(gaps);
  gaps.sort();
  const signs = trades[0].sell === undefined ? undefined : Float64Array.from(trades, ({ sell }) => (sell ? -1 : 1));
  const changed = returns.reduce((n, value) => n + (value !== 0 ? 1 : 0), 0);
  return {
    '1 s log return: standard deviation (bp)': deviation * 1e4,
    '1 s log return: kurtosis': kurtosis,
    '1 s log return: median of \\|r\\| / SD': quantile(ascending, 0.5) / deviation,
    '1 s log return: 95 % quantile of \\|r\\| / SD': quantile(ascending, 0.95) / deviation,
    '1 s log return: 99 % quantile of \\|r\\| / SD': quantile(ascending, 0.99) / deviation,
    '1 s log return: 99.9 % quantile of \\|r\\| / SD': quantile(ascending, 0.999) / deviation,
    'seconds whose price changed (%)': (100 * changed) / returns.length,
    'autocorrelation of \\|r\\|, lag 1 s': correlation(absolute, 1),
    'autocorrelation of \\|r\\|, lag 5 s': correlation(absolute, 5),
    'autocorrelation of \\|r\\|, lag 30 s': correlation(absolute, 30),
    'size / median: 10 % quantile': quantile(sizes, 0.1) / median,
    'size / median: 25 % quantile': quantile(sizes, 0.25) / median,
    'size / median: 75 % quantile': quantile(sizes, 0.75) / median,
    'size / median: 90 % quantile': quantile(sizes, 0.9) / median,
    'size / median: 99 % quantile': quantile(sizes, 0.99) / median,
    'trades in the millisecond of the one before (%)': (100 * shared) / (trades.length - 1),
    'gap between trades: 75 % quantile (ms)': quantile(gaps, 0.75),
    'gap between trades: 90 % quantile (ms)': quantile(gaps, 0.9),
    'gap between trades: 99 % quantile (ms)': quantile(gaps, 0.99),
    'gap between trades: coefficient of variation': Math.sqrt(gapMoments.variance) / gapMoments.mean,
    'trades per second: mean': perSecond.mean,
    'trades per second: Fano factor (variance / mean)': perSecond.variance / perSecond.mean,
    'autocorrelation of the taker side, lag 1': signs ? correlation(signs, 1) : Number.NaN,
    'autocorrelation of the taker side, lag 10': signs ? correlation(signs, 10) : Number.NaN,
  };
}
