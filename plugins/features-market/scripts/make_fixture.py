#!/usr/bin/env python3
"""Make test/fixtures/trades.csv (seeded, no market's data) and bars.csv, its bars by reference_pandas.py."""
import os

import numpy as np

from reference_pandas import write

COLUMNS = (
    "rsi_14,volatility_20,volume_change,log_return,log_return_5,return_volatility_20,return_z_20,jump_20,ema_deviation_20,"
    "log_volume_ratio_20,volume_imbalance,volume_imbalance_5,trade_count,trade_intensity_20,log_trade_size_ratio_20,"
    "rush_orders,rush_buy_orders,range,vwap_deviation,silence,log_orders_5,size_shift_5,turns_at_price,skipped_trades,"
    "since_move,trades_since_move,standstill,order_burst_5,volatility_burst_5,since_trade,missed_orders_5"
).split(",")

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "fixtures")
generator = np.random.default_rng(20260112)
count = 1800
# Bursts within one millisecond, stamps with microseconds, and now and then seconds of silence.
kind = generator.random(count)
steps = np.where(kind < 0.3, 0, np.where(kind > 0.985, generator.integers(1_000_000, 9_000_000, count), generator.integers(1, 300_000, count)))
time = 1_767_225_600_000_000 + np.cumsum(steps)
price = np.round(90_000 + np.cumsum(generator.standard_t(3, count) * (generator.random(count) < 0.4)) * 0.8, 2)
quantity = np.round(generator.lognormal(-6, 1.5, count) + 1e-5, 5)
maker = (generator.random(count) < 0.5).astype(int)
# Now and then ids are skipped.
identity = 1_000_000 + np.cumsum(np.where(generator.random(count) < 0.01, generator.integers(2, 40, count), 1))
path = os.path.join(folder, "trades.csv")
os.makedirs(folder, exist_ok=True)
with open(path, "w", encoding="utf-8") as file:
    file.write("time,price,quantity,buyer_is_maker,id\n")
    for row in zip(time, price, quantity, maker, identity):
        file.write(f"{row[0] // 1000}.{row[0] % 1000:03d},{row[1]:.2f},{row[2]:.5f},{row[3]},{row[4]}\n")
print(write(path, os.path.join(folder, "bars.csv"), "1s", COLUMNS), "bars")
