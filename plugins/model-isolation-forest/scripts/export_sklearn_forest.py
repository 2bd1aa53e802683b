#!/usr/bin/env python3
"""Write a fitted scikit-learn IsolationForest as a QuantStream model file.

As a program (needs numpy, scikit-learn and joblib):

    python export_sklearn_forest.py forest.joblib training_rows.csv model.json [--units 1,quote,1]

`training_rows.csv` has a header with the column names of the pipeline and the rows that the forest was fitted on: they are not
inside the forest, but alarms need their scores and explanations need their quantiles.

As a library:

    from export_sklearn_forest import artifact
    json.dump(artifact(forest, rows, names=["rsi_14", "volatility_20", "volume_change"]), file)

The file is "unsealed": its `hash` is null. The engine seals it when it writes one itself: SHA-256 of the UTF-8 JSON text of
everything but `hash`, keys sorted at every level, no spaces, numbers as JavaScript prints them (which Python does not).
"""
import argparse
import json
import math

import numpy as np

# The shares at which training columns are remembered; the same list as GRID in src/quantiles.ts.
TAIL = [0, 0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04]
GRID = TAIL + [0.05 + 0.9 * i / 32 for i in range(33)] + [1 - share for share in reversed(TAIL)]


def payload(forest, rows):
    """The trees of a fitted IsolationForest; `rows` (n x d) are its training rows."""
    trees = []
    for estimator, columns in zip(forest.estimators_, forest.estimators_features_):
        tree = estimator.tree_
        leaf = tree.children_left == -1
        trees.append({
            # With max_features < 1 a tree numbers only its own columns.
            "feature": np.where(leaf, -1, np.asarray(columns)[np.where(leaf, 0, tree.feature)]).tolist(),
            "threshold": np.where(leaf, 0.0, tree.threshold).tolist(),
            "left": tree.children_left.tolist(),
            "right": tree.children_right.tolist(),
            "n": tree.n_node_samples.tolist(),
        })
    return {
        "format": "isolation-forest/1",
        "sampleSize": int(forest.max_samples_),
        "float32": True,  # scikit-learn rounds its input to float32 before comparing
        "rows": int(rows.shape[0]),
        "trees": trees,
        "quantiles": np.quantile(rows, GRID, axis=0).T.tolist(),
    }


def artifact(forest, rows, names, units=None):
    """A complete model file as a dictionary. Raises ValueError if names, units and rows do not fit together."""
    rows = np.asarray(rows, dtype=np.float64)
    units = units or ["1"] * len(names)
    if not len(names) == len(units) == rows.shape[1] == forest.n_features_in_:
        raise ValueError(f"{len(names)} names, {len(units)} units, {rows.shape[1]} columns, forest of {forest.n_features_in_}")
    if not np.isfinite(rows).all():
        raise ValueError("training rows hold a missing or infinite value: leave such rows out")
    scores = np.sort(-forest.score_samples(rows))
    return {
        "format": "quantstream-model/1",
        "model": "isolation-forest",
        "columns": [{"name": name, "unit": unit} for name, unit in zip(names, units)],
        "features": None,
        "transform": "none",
        "parameters": {},
        "trainedOn": {"rows": len(scores), "from": None, "to": None},
        "quantiles": {
            "count": len(scores),
            "body": np.quantile(scores, np.arange(101) / 100).tolist(),
            "tail": scores[len(scores) - math.ceil(0.02 * len(scores)):].tolist(),
        },
        "payload": payload(forest, rows),
        "hash": None,
    }


def main():
    import joblib

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forest", help="joblib or pickle file of a fitted IsolationForest (load only files that you trust)")
    parser.add_argument("rows", help="CSV with a header: the training rows")
    parser.add_argument("output", help="model file to write")
    parser.add_argument("--units", help="units of the columns, separated by commas; default: all 1")
    options = parser.parse_args()
    with open(options.rows, encoding="utf-8") as file:
        names = [name.strip() for name in file.readline().split(",")]
        rows = np.loadtxt(file, delimiter=",", ndmin=2)
    units = options.units.split(",") if options.units else None
    made = artifact(joblib.load(options.forest), rows, names, units)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(made, file, allow_nan=False)
    print(f"{options.output}: {len(made['payload']['trees'])} trees, {len(rows)} rows, {len(names)} columns")


if __name__ == "__main__":
    main()
