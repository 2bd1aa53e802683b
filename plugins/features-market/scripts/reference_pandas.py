#!/usr/bin/env python3
"""Bars and columns of a file of trades, computed with pandas: what the plugin's tests are compared with.

    python reference_pandas.py trades.csv[.gz] bars.csv [--bar 1s] [--columns rsi_14,volatility_20,volume_change]

`trades.csv` has a header with `time` (ISO 8601, or milliseconds since the epoch), `price`, `quantity`, and where columns need it
`buyer_is_maker` (0 or 1) and `id`. `bars.csv` gets `time` (ms since the epoch), open … trades, and the columns; missing is empty. Bars without
trades are skipped. It shares nothing with the plugin but the formulas, and is written for clearness, not speed. Needs pandas >= 2.
"""
import argparse
import re

import numpy as np
import pandas as pd


def read_trades(path):
    trades = pd.read_csv(path)
    if pd.api.types.is_numeric_dtype(trades["time"]):
        microseconds = (trades["time"] * 1000).round().astype("int64")
    else:
        stamps = pd.to_datetime(trades["time"], utc=True, format="ISO8601")
        microseconds = (stamps - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(microseconds=1)
    trades.index = pd.to_datetime(microseconds, unit="us", utc=True)
    trades["millisecond"] = microseconds.to_numpy() // 1000
    return trades.sort_index(kind="stable")


def rush(trades, length):
    """Milliseconds with two or more trades, by bar."""
    runs = trades.groupby("millisecond").size()
    busy = runs[runs >= 2]
    return pd.Series(1, index=pd.to_datetime(busy.index, unit="ms", utc=True)).resample(length, origin="epoch").sum()


def make_bars(trades, length):
    grouped = trades.resample(length, origin="epoch")
    bars = grouped["price"].ohlc()
    bars["volume"] = grouped["quantity"].sum()
    bars["trades"] = grouped.size()
    bars["turnover"] = (trades["price"] * trades["quantity"]).resample(length, origin="epoch").sum()
    bars["rush"] = rush(trades, length)
    if "buyer_is_maker" in trades:
        bought = trades[trades["buyer_is_maker"] == 0]
        bars["buy"] = bought["quantity"].resample(length, origin="epoch").sum()
        bars["buy"] = bars["buy"].fillna(0)
        bars["rush_buy"] = rush(bought, length)
    bars = bars[bars["trades"] > 0].copy()
    bars[["rush", "rush_buy"]] = bars.reindex(columns=["rush", "rush_buy"]).fillna(0)
    bars["moments"] = trades.groupby("millisecond").size().pipe(
        lambda runs: pd.Series(1, index=pd.to_datetime(runs.index, unit="ms", utc=True)).resample(length, origin="epoch").sum()
    )
    logs = np.log(trades["quantity"])
    bars["logs"] = logs.resample(length, origin="epoch").sum()
    bars["squares"] = (logs * logs).resample(length, origin="epoch").sum()
    if "buyer_is_maker" in trades:
        moved = trades["price"] != trades["price"].shift()
        turned = (trades["buyer_is_maker"] != trades["buyer_is_maker"].shift()) & ~moved
        turns = turned.groupby(moved.cumsum()).cumsum()
        bars["turns"] = turns.resample(length, origin="epoch").max()
    moved = trades["price"] != trades["price"].shift()
    bars["stays"] = (moved.groupby(moved.cumsum()).cumcount() + 1).resample(length, origin="epoch").max()
    bars["standstill"] = pd.Series(standstill(trades), index=trades.index).resample(length, origin="epoch").max()
    bars["moved"] = (moved & (np.arange(len(trades)) > 0)).resample(length, origin="epoch").max().astype("boolean").fillna(False)
    bars.loc[bars.index[0], "moved"] = True
    if "id" in trades:
        ids = trades["id"].resample(length, origin="epoch")
        largest = ids.max()[bars.index].cummax()
        before = largest.shift()
        before.iloc[0] = ids.min()[bars.index].iloc[0] - 1
        bars["skipped"] = (largest - before - bars["trades"]).clip(lower=0)
    return bars


def standstill(trades):
    """Trade by trade: how improbable it is, by what was seen before, that orders left the price where it is."""
    memory = 20_000
    seen, share = [0, 0], [0.0, 0.0]
    out, nats, before = [], 0.0, None
    sides = trades["buyer_is_maker"] if "buyer_is_maker" in trades else [np.nan] * len(trades)
    for price, side, millisecond in zip(trades["price"], sides, trades["millisecond"]):
        if before is not None:
            stayed = price == before[0]
            if not stayed:
                nats = 0.0
            if millisecond != before[2]:
                kind = int({side, before[1]} == {0, 1})
                if stayed:
                    nats -= np.log((share[kind] * seen[kind] + 1) / (seen[kind] + 2))
                seen[kind] = min(memory, seen[kind] + 1)
                share[kind] += (stayed - share[kind]) / seen[kind]
        before = (price, side, millisecond)
        out.append(nats)
    return out


def usual(values, n):
    """Exponential mean of the bars before the last n, with a memory of 100·n bars."""
    values = np.asarray(values, dtype=float)
    out = np.full(len(values), np.nan)
    mean = 0.0
    for i in range(n, len(values)):
        mean += max(1 / (100 * n), 1 / (i - n + 1)) * (values[i - n] - mean)
        if i - n + 1 >= n:
            out[i] = mean
    return out


def size_shift(bars, n):
    """Sums over the window, against exponential means of the bars before it."""
    sums = {name: bars[name].to_numpy(dtype=float) for name in ("trades", "logs", "squares")}
    out = np.full(len(bars), np.nan)
    usual = dict.fromkeys(sums, 0.0)
    for i in range(n, len(bars)):
        weight = max(1 / (100 * n), 1 / (i - n + 1))
        for name, values in sums.items():
            usual[name] = (1 - weight) * usual[name] + weight * values[i - n]
        if i - n + 1 < n or usual["trades"] * (i - n + 1) < 20:
            continue
        window = {name: values[i - n + 1 : i + 1].sum() for name, values in sums.items()}
        mu = usual["logs"] / usual["trades"]
        sigma = np.sqrt(usual["squares"] / usual["trades"] - mu * mu)
        out[i] = (window["logs"] / window["trades"] - mu) / sigma * np.sqrt(window["trades"])
    return pd.Series(out, index=bars.index)


def rsi(close, n):
    """Wilder's own recipe, step by step."""
    change = close.diff().to_numpy()
    out = np.full(len(close), np.nan)
    gain = loss = np.nan
    for i in range(n, len(close)):
        if i == n:
            window = change[1 : n + 1]
            gain = np.where(window > 0, window, 0).sum() / n
            loss = np.where(window < 0, -window, 0).sum() / n
        else:
            gain = (gain * (n - 1) + max(change[i], 0)) / n
            loss = (loss * (n - 1) + max(-change[i], 0)) / n
        if gain + loss > 0:
            out[i] = 100 - 100 / (1 + gain / loss) if loss > 0 else 100.0
    return pd.Series(out, index=close.index)


def ema(close, n):
    """Exponential mean of span n that starts from the plain mean of the first n closes."""
    seeded = close.copy()
    seeded.iloc[: n - 1] = np.nan
    seeded.iloc[n - 1] = close.iloc[:n].mean()
    return seeded.ewm(span=n, adjust=False).mean()


def deviation(series, n):
    """Sample deviation, window by window: rolling(n).std() updates a running sum, which keeps 6 digits of an SD of 0.06 at 90,000."""
    return series.rolling(n).apply(lambda window: window.std(ddof=1), raw=True)


def jump(returns, n):
    size = returns.abs()
    bipower = (size * size.shift()).rolling(n - 1).mean().shift()
    step = size.where(size > 0).rolling(n + 1, min_periods=1).min()
    statistic = returns / np.sqrt(np.maximum(bipower, step**2 / 12))
    return statistic.where(returns != 0, 0.0).where(returns.shift(n).notna())


def since(flags):
    """Seconds from the start of the last bar in which it was so."""
    starts = flags.index.to_series()
    return (starts - starts.where(flags.astype(bool)).ffill()).dt.total_seconds()


def column(bars, length, name):
    match = re.fullmatch(r"([a-z_]+?)_(\d+)", name)
    family, n = (match[1] + "_N", int(match[2])) if match else (name, 0)
    close, volume, trades = bars["close"], bars["volume"], bars["trades"]
    returns = np.log(close / close.shift())
    size = volume / trades
    before = lambda series: series.rolling(n).mean().shift()
    signed = (2 * bars["buy"] - volume) if "buy" in bars else None
    made = {
        "rsi_N": lambda: rsi(close, n),
        "volatility_N": lambda: deviation(close, n),
        "volume_change": lambda: volume.pct_change(fill_method=None),
        "log_return": lambda: returns,
        "log_return_N": lambda: np.log(close / close.shift(n)),
        "return_volatility_N": lambda: deviation(returns, n),
        "return_z_N": lambda: (returns - before(returns)) / deviation(returns, n).shift(),
        "jump_N": lambda: jump(returns, n),
        "ema_deviation_N": lambda: np.log(close / ema(close, n)),
        "log_volume_ratio_N": lambda: np.log(volume / before(volume)),
        "volume_imbalance": lambda: signed / volume,
        "volume_imbalance_N": lambda: signed.rolling(n).sum() / volume.rolling(n).sum(),
        "trade_count": lambda: trades,
        "trade_intensity_N": lambda: trades / before(trades),
        "log_trade_size_ratio_N": lambda: np.log(size / before(size)),
        "rush_orders": lambda: bars["rush"],
        "rush_buy_orders": lambda: bars["rush_buy"],
        "range": lambda: np.log(bars["high"] / bars["low"]),
        "vwap_deviation": lambda: np.log(close * volume / bars["turnover"]),
        "silence": lambda: bars.index.to_series().diff().dt.total_seconds() - pd.Timedelta(length).total_seconds(),
        "log_orders_N": lambda: np.log1p(bars["moments"].rolling(n).sum()),
        "size_shift_N": lambda: size_shift(bars, n),
        "turns_at_price": lambda: bars["turns"],
        "since_move": lambda: since(bars["moved"]),
        "trades_since_move": lambda: bars["stays"],
        "standstill": lambda: bars["standstill"],
        "order_burst_N": lambda: np.log(
            (1 + bars["moments"].rolling(n).sum()) / (1 + usual(bars["moments"], n) * n)
        ),
        # The first bar has no return.
        "volatility_burst_N": lambda: np.log1p(
            (returns**2).rolling(n).mean() / np.concatenate(([np.nan], usual(returns[1:] ** 2, n)))
        ),
        "since_trade": lambda: bars["moments"] * 0,
        "missed_orders_N": lambda: bars["moments"].rolling(n).mean() * 0,
        "skipped_trades": lambda: bars["skipped"],
    }[family]()
    return made.replace([np.inf, -np.inf], np.nan)


def write(trades_path, bars_path, length, columns):
    bars = make_bars(read_trades(trades_path), length)
    out = bars[["open", "high", "low", "close", "volume", "trades"]].copy()
    for name in columns:
        out[name] = column(bars, length, name)
    out.insert(0, "time", (bars.index - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(milliseconds=1))
    out.to_csv(bars_path, index=False, float_format="%.12g")
    return len(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trades")
    parser.add_argument("bars")
    parser.add_argument("--bar", default="1s", help="length of a bar as pandas spells it")
    parser.add_argument("--columns", default="rsi_14,volatility_20,volume_change")
    options = parser.parse_args()
    print(write(options.trades, options.bars, options.bar, options.columns.split(",")), "bars")


if __name__ == "__main__":
    main()
