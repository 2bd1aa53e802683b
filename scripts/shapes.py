"""Series with nine kinds of odd shapes over five swings, by GutenTAG (P. Wenig and others: *TimeEval*, VLDB 2022), and how odd others find their rows.

    python scripts/shapes.py OUT SEED…

writes OUT/series/*.csv with `time,value`, OUT/labels.jsonl, and OUT/peers/PEER/*.csv with `time,score`; needs timeeval-gutentag.
Peers are fitted to the windows of the part before the first odd shape, then asked about every window, which counts for its last row.
For comparisons at development time (`scripts/shapes.mjs`); nobody else needs Python.
"""
import json
import sys
from pathlib import Path

import numpy as np
from gutenTAG import GutenTAG
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler

LENGTH, CLEAN, ODD, WINDOW = 10_000, 4_000, 3, 50
STEP, START = 1_000, 1_700_000_000_000
# Rows of a swing: 50, 100 or 25, by seed.
FREQUENCY = [2, 1, 4]
KINDS = {
    "amplitude": {"amplitude_factor": 2.0},
    "extremum": {"min": False, "local": False},
    "frequency": {"frequency_factor": 2.0},
    "mean": {"offset": 0.7},
    "pattern": {"sinusoid_k": 10.0, "cbf_pattern_factor": 2.0},
    "pattern-shift": {"shift_by": 10, "transition_window": 10},
    "platform": {"value": 0.0},
    "trend": {"oscillation": {"kind": "sine", "frequency": 0.5, "amplitude": 1.0}},
    "variance": {"variance": 0.4},
}


def swings(seed):
    swing = {"frequency": FREQUENCY[seed % 3], "variance": 0.05}
    return {
        "sine": {**swing, "amplitude": 1},
        "ecg": swing,
        "sawtooth": {**swing, "amplitude": 1},
        "square": {**swing, "amplitude": 1, "duty": 0.5},
        "dirichlet": {**swing, "amplitude": 1, "periodicity": 11},
    }


def series_of(base, base_settings, kind, settings, seed):
    """One series and where it is odd, 0 or 1 by row."""
    length = 1 if kind == "extremum" else 100
    positions = [int(LENGTH * (0.4 + 0.55 * (i + 0.5) / ODD)) for i in range(ODD)]
    odd = [{"exact-position": at, "length": length, "kinds": [{"kind": kind, **settings}]} for at in positions]
    one = {"name": "x", "length": LENGTH, "base-oscillations": [{"kind": base, **base_settings}], "anomalies": odd}
    (made,) = GutenTAG(seed=seed).load_config_dict({"timeseries": [one]}).generate(return_timeseries=True)
    return made.timeseries.iloc[:, -2].to_numpy(), made.timeseries["is_anomaly"].to_numpy().astype(int)


def sub_pca(fitted, windows):
    """Squared residual off the components that explain 95 % of the variance."""
    model = PCA(n_components=0.95, svd_solver="full").fit(fitted)
    return ((windows - model.inverse_transform(model.transform(windows))) ** 2).sum(axis=1)


def kmeans_ad(fitted, windows):
    """Distance to the nearest of 20 centres."""
    return KMeans(n_clusters=20, n_init=3, random_state=0).fit(fitted).transform(windows).min(axis=1)


def iforest(fitted, windows):
    """100 trees of 256 windows."""
    return -IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(fitted).score_samples(windows)


def write(path, head, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        file.write(f"time,{head}\n")
        file.writelines(f"{START + i * STEP},{value:.9g}\n" for i, value in values)


out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
with open(out / "labels.jsonl", "w") as labels:
    for seed in map(int, sys.argv[2:]):
        for base, base_settings in swings(seed).items():
            for kind, settings in KINDS.items():
                key = f"{base}-{kind}-{seed}"
                values, odd = series_of(base, base_settings, kind, settings, seed)
                write(out / "series" / f"{key}.csv", "value", enumerate(values))
                edges = np.flatnonzero(np.diff(np.concatenate(([0], odd, [0]))))
                for begin, end in zip(edges[::2], edges[1::2]):
                    label = {"key": key, "kind": kind, "from": START + int(begin) * STEP, "to": START + int(end) * STEP}
                    labels.write(json.dumps(label) + "\n")
                windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)
                scaler = StandardScaler().fit(windows[: CLEAN - WINDOW])
                windows = scaler.transform(windows)
                for peer in (sub_pca, kmeans_ad, iforest):
                    scores = peer(windows[: CLEAN - WINDOW], windows)
                    write(out / "peers" / peer.__name__ / f"{key}.csv", "score", enumerate(scores, WINDOW - 1))
