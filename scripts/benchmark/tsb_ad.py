"""VUS-PR by the code that TSB-AD publishes (Q. Liu and J. Paparrizos, NeurIPS 2024), of scores that were written down.

    python scripts/benchmark/tsb_ad.py SERIES.json      prints a JSON list; needs tsb-ad, of which only the evaluation is loaded

SERIES.json is a list of {labels: 0 or 1 by row, scores, buffer: rows}.
For comparisons at development time (`npm run benchmark:detection`); nobody else needs Python.
"""
import json
import sys

import numpy as np
from TSB_AD.evaluation.basic_metrics import generate_curve

with open(sys.argv[1]) as file:
    series = json.load(file)
print(json.dumps([
    float(generate_curve(np.array(one["labels"]), np.array(one["scores"]), one["buffer"], "opt", 250)[-1]) for one in series
]))
