#!/usr/bin/env python3
"""Make test/fixtures/sklearn-forest.json: a small scikit-learn forest as a model file, with rows that it scored itself."""
import json
import os

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

from export_sklearn_forest import artifact

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "fixtures")
generator = np.random.default_rng(7)
# A bell, a heavy tail and a column of few values, so that ties, outliers and unsplittable nodes occur.
rows = np.column_stack([
    generator.normal(50, 12, 600),
    generator.standard_t(2, 600) * 1e-3,
    generator.integers(0, 4, 600),
])
forest = IsolationForest(n_estimators=20, max_samples=64, contamination=0.01, random_state=3).fit(rows)
probes = np.vstack([rows[:30], [[50, 0, 1], [500, 0, 1], [50, 10, 1], [50, 0, -9], [-1e9, 1e9, 1e9]]])
made = {
    "about": f"made by scripts/make_sklearn_fixture.py with scikit-learn {sklearn.__version__}",
    "artifact": artifact(forest, rows, ["rsi_14", "log_return", "rush_orders"]),
    "offset": forest.offset_,
    "rows": probes.tolist(),
    "score_samples": forest.score_samples(probes).tolist(),
    "predict": forest.predict(probes).tolist(),
    "training_rows": rows.tolist(),
}
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "sklearn-forest.json"), "w", encoding="utf-8") as file:
    json.dump(made, file, allow_nan=False)
    file.write("\n")
