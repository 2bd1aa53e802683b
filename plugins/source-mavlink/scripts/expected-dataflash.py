"""Writes what pymavlink reads in on-board logs, for `test/dataflash-shared.test.ts` to be held against.

    python expected-dataflash.py FOLDER > ../test/dataflash-expected.json

FOLDER holds the logs (`.bin.gz`). By log and type of record: how many there are, and by column a number in which every value and its
place count: of numbers sum(value * (place % 97 + 1)), those that are not finite left out; of texts the same of the number of characters.
Needs pymavlink (`pip install pymavlink`).
"""

import gzip
import json
import math
import os
import sys
import tempfile

from pymavlink import DFReader


def weigh(value, place):
    if isinstance(value, (str, bytes)):
        value = len(value)
    value = float(value)
    return value * (place % 97 + 1) if math.isfinite(value) else 0.0


def read(path):
    log = DFReader.DFReader_binary(path)
    types = {}
    while True:
        message = log.recv_msg()
        if message is None:
            return types
        found = types.setdefault(message.get_type(), {"count": 0, "columns": {}})
        place = found["count"]
        found["count"] += 1
        for name in message.get_fieldnames():
            value = getattr(message, name)
            # Arrays of raw samples are no single number, and multipliers are rounded for printing.
            if hasattr(value, "tolist"):
                continue
            found["columns"][name] = found["columns"].get(name, 0.0) + weigh(value, place)


def main():
    folder = sys.argv[1]
    result = {}
    for name in sorted(os.listdir(folder)):
        with tempfile.NamedTemporaryFile(suffix=".bin") as unpacked:
            with gzip.open(os.path.join(folder, name)) as packed:
                unpacked.write(packed.read())
            unpacked.flush()
            result[name] = read(unpacked.name)
    json.dump(result, sys.stdout, sort_keys=True)


main()
