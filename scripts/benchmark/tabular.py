"""How well others tell the classes of labelled rows apart: AUROC of river's half-space trees, row by row, and of scikit-learn's isolation forest, which sees all rows.

    python scripts/benchmark/tabular.py DATA SEEDS MOST SET…      prints JSON {set: {peer: AUROC}}; needs river and scikit-learn

River scores and then learns each row of a shuffle, at most MOST of them: it takes about a millisecond a row.
For comparisons at development time (`npm run benchmark:detection`); nobody else needs Python.
"""
import gzip
import json
import sys
from pathlib import Path

import numpy as np
from river.anomaly import HalfSpaceTrees
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score


def half_space_trees(rows, labels, seed, most):
    """River's own defaults over columns scaled to 0 … 1: 10 trees, height 8, windows of 250."""
    order = np.random.default_rng(seed).permutation(len(rows))[:most]
    low, length = rows.min(axis=0), np.ptp(rows, axis=0)
    unit = (rows - low) / np.where(length > 0, length, 1)
    trees = HalfSpaceTrees(seed=seed)
    scores = []
    for row in unit[order]:
        columns = dict(enumerate(row))
        scores.append(trees.score_one(columns))
        trees.learn_one(columns)
    return roc_auc_score(labels[order][250:], scores[250:])


def isolation_forest(rows, labels, seed, _):
    """100 trees of 256 rows, fitted to the rows that it is asked about."""
    forest = IsolationForest(n_estimators=100, max_samples=min(256, len(rows)), random_state=seed).fit(rows)
    return roc_auc_score(labels, -forest.score_samples(rows))


data, seeds, most = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
found = {}
for name in sys.argv[4:]:
    with gzip.open(data / f"{name}.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=1)
    rows, labels = table[:, :-1], table[:, -1].astype(int)
    found[name] = {
        peer.__name__: float(np.mean([peer(rows, labels, seed, most) for seed in range(seeds)]))
        for peer in (half_space_trees, isolation_forest)
    }
    print(name, file=sys.stderr)
print(json.dumps(found))
