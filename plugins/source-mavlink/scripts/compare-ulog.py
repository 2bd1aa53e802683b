"""Holds every value that our parser reads in ULogs against pyulog's (pip install pyulog). Build first, then:
    python scripts/compare-ulog.py FOLDER
FOLDER holds logs, .ulg or .ulg.gz. Prints a line for each log, and fails where any value differs."""
import gzip, json, os, re, subprocess, sys, tempfile
import numpy as np
from pyulog import ULog

here = os.path.dirname(os.path.abspath(__file__))
shown = lambda text: re.sub(r'[^\x20-\x7e]', ' ', re.sub(r'\x1b\[[0-9;]*m', '', text.split('\0')[0]))
failed = False


def differences(log, ours, columns):
    """What is not the same, a line each."""
    theirs = ULog(log)
    at = 0
    seen = {}
    for topic in ours['topics']:
        rows = topic['rows']
        values = {}
        for name in topic['columns']:
            values[name] = columns[at:at + rows]
            at += rows
        seen[topic['key']] = values
    wanted = {f'{d.name}/{d.multi_id}': d for d in theirs.data_list}
    if set(seen) != set(wanted):
        yield f'topics: {sorted(set(seen) ^ set(wanted))}'
    for key, data in wanted.items():
        for name, values in data.data.items():
            own = seen.get(key, {}).get(name)
            if own is None:
                yield f'{key}.{name} is missing'
            elif not np.array_equal(own, np.asarray(values).astype(np.float64), equal_nan=True):
                yield f'{key}.{name} differs'
    for name, value in theirs.initial_parameters.items():
        if np.float64(ours['parameters'].get(name, np.nan)) != np.float64(value):
            yield f'parameter {name}'
    if [[m.log_level, m.timestamp, shown(m.message)] for m in theirs.logged_messages] != ours['messages']:
        yield 'logged messages'
    tagged = sum(len(all) for all in theirs.logged_messages_tagged.values())
    if tagged != len(ours['tagged']):
        yield f"tagged messages: {len(ours['tagged'])}, expected {tagged}"
    if [d.duration for d in theirs.dropouts] != ours['dropouts']:
        yield 'dropouts'


for name in sorted(os.listdir(sys.argv[1])):
    if not name.endswith(('.ulg', '.ulg.gz')):
        continue
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, 'log.ulg')
        opened = (gzip.open if name.endswith('.gz') else open)(os.path.join(sys.argv[1], name), 'rb')
        with opened as packed, open(log, 'wb') as plain:
            plain.write(packed.read())
        out = os.path.join(folder, 'out')
        subprocess.run(['node', os.path.join(here, 'ulog-values.mjs'), log, out], check=True)
        ours = json.load(open(out + '.json'))
        found = list(differences(log, ours, np.fromfile(out + '.bin', dtype=np.float64)))
        values = sum(topic['rows'] * len(topic['columns']) for topic in ours['topics'])
        print(f"{name}: {len(ours['topics'])} topics, {values:,} values, {len(ours['parameters'])} parameters: {'equal' if not found else found[:5]}")
        failed = failed or bool(found)
sys.exit(1 if failed else 0)
