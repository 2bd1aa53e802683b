// Loaded into a process before everything else: writes down its memory and its open handles, as often as it is told.
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const { FAULTS_PROBE, FAULTS_PROBE_EVERY = '250', FAULTS_PROBE_COLLECT } = process.env;
if (isMainThread && FAULTS_PROBE) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const look = () => {
    if (FAULTS_PROBE_COLLECT) collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout' && kind !== 'Immediate').length;
    appendFileSync(FAULTS_PROBE, `${JSON.stringify({ at: Date.now(), rss, heap: heapUsed, external, handles })}\n`);
  };
  setInterval(look, Number(FAULTS_PROBE_EVERY)).unref();
}
