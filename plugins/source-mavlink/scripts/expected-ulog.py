"""What pyulog reads in the shared ULogs (pip install pyulog), as test/ulog-expected.json has it:
    python scripts/expected-ulog.py FOLDER > test/ulog-expected.json
By log and topic: rows, columns, and the sum of all finite values, each times (row mod 97 + 1) times (column mod 13 + 1)."""
import gzip, json, os, sys, tempfile
import numpy as np
from pyulog import ULog

found = {}
for name in sorted(os.listdir(sys.argv[1])):
    if not name.endswith('.ulg.gz'):
        continue
    with tempfile.NamedTemporaryFile(suffix='.ulg') as plain:
        plain.write(gzip.open(os.path.join(sys.argv[1], name)).read())
        plain.flush()
        log = ULog(plain.name)
    topics = {}
    for data in log.data_list:
        total = 0.0
        for c, field in enumerate(data.field_data):
            values = np.asarray(data.data[field.field_name]).astype(np.float64)
            weights = np.arange(len(values)) % 97 + 1
            total += float(np.sum(np.where(np.isfinite(values), values, 0) * weights)) * (c % 13 + 1)
        topics[f'{data.name}/{data.multi_id}'] = [len(data.data['timestamp']), len(data.field_data), total]
    found[name] = {'topics': topics, 'parameters': len(log.initial_parameters), 'messages': len(log.logged_messages), 'dropouts': len(log.dropouts)}
print(json.dumps(found, indent=1, sort_keys=True).replace('[\n    ', '[').replace(',\n    ', ', ').replace('\n   ]', ']'))
