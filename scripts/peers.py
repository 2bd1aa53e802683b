"""How odd others find the rows of servers: each fitted on the part that the servers' authors learned from, then asked about every row.

    python scripts/peers.py DATA OUT      writes OUT/PEER/KEY.csv with `time,score`; needs numpy and scikit-learn

For comparisons at development time (`scripts/servers.mjs --peers OUT`); nobody else needs Python.
"""
import csv
import gzip
import sys
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler


def pca(fitted, rows):
    """Squared residual off the components that explain 95 % of the variance."""
    model = PCA(n_components=0.95, svd_solver="full").fit(fitted)
    return ((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(axis=1)


def kmeans(fitted, rows):
    """Distance to the nearest of 20 centres."""
    return KMeans(n_clusters=20, n_init=10, random_state=0).fit(fitted).transform(rows).min(axis=1)


def iforest(fitted, rows):
    """100 trees of 256 rows."""
    return -IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(fitted).score_samples(rows)


def learned(key, count):
    return 8_640 if key.startswith("omi") else count // 2


data, out = map(Path, sys.argv[1:3])
for file in sorted(data.glob("*.csv.gz")):
    key = file.name.removesuffix(".csv.gz")
    with gzip.open(file, "rt") as opened:
        lines = list(csv.reader(opened))[1:]
    times = [line[0] for line in lines]
    values = np.array([[float(cell or "nan") for cell in line[1:]] for line in lines])
    values = np.nan_to_num(values, nan=0.0)
    first = learned(key, len(values))
    scaler = StandardScaler().fit(values[:first])
    rows = np.clip(scaler.transform(values), -1e6, 1e6)
    for peer in (pca, kmeans, iforest):
        scores = peer(rows[:first], rows)
        folder = out / peer.__name__
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{key}.csv", "w", newline="") as written:
            writer = csv.writer(written)
            writer.writerow(["time", "score"])
            writer.writerows(zip(times, (f"{score:.9g}" for score in scores)))
    print(key, len(values), file=sys.stderr)
