// Whether the exchange, or the recordings, can be reached.

import { type Finding, messageOf, type OutsideHost, sayDuration } from '@quantstream/engine';
import { type FoundFile, openContent } from '@quantstream/engine/recordings';
import type { Config } from './config.js';
import { Connection } from './live/connection.js';
import { History, weightsOf } from './live/rest/history.js';
import { WeightLimiter } from './live/rest/limiter.js';
import { agentFor, endpointsOf } from './live/rest/network.js';
import { Rest } from './live/rest/rest.js';
import { CONTENT, namedFiles, pathOf, recordingsIn } from './recorded/files.js';

/** Clocks that differ by more make event time and arrival incomparable, and bars close late, ms. */
const DOUBTFUL_SKEW = 1_000;

/** Whether what a configuration needs can be reached. Never throws. */
export async function diagnose(config: Config, host: OutsideHost): Promise<readonly Finding[]> {
  if (config.connect === 'simulator') return [{ subject: 'simulator', state: 'good', detail: 'needs nothing' }];
  if (config.connect === 'live') return (await Promise.all([askRest(config, host), shakeHands(config, host)])).flat();
  return readFiles(config, host);
}

async function readFiles(config: Config, host: OutsideHost): Promise<Finding[]> {
  let files: FoundFile[];
  try {
    files = await namedFiles(config, (path) => host.resolvePath(path));
  } catch (error) {
    return [{ subject: 'recordings', state: 'bad', detail: messageOf(error) }];
  }
  const findings: Finding[] = [];
  for (const named of files) {
    let subject = named.path;
    try {
      for (const file of await recordingsIn([named])) {
        subject = pathOf(file);
        const content = await openContent(file, 0, CONTENT);
        const empty = (await content.read()) === undefined;
        await content.close();
        findings.push({ subject, state: empty ? 'doubtful' : 'good', detail: empty ? 'is empty' : 'can be read' });
      }
    } catch (error) {
      findings.push({ subject, state: 'bad', detail: messageOf(error) });
    }
  }
  return findings;
}

async function askRest(config: Config, host: OutsideHost): Promise<Finding[]> {
  const endpoints = endpointsOf(config);
  const { clock, log, signal } = host;
  const limiter = new WeightLimiter(weightsOf(config.market).perMinute, 0);
  const rest = new Rest({
    endpoints,
    proxy: config.proxy,
    apiKey: config.apiKey,
    clock,
    log,
    limiter,
    answerMs: config.limits.answer,
  });
  const history = new History(rest, config.market, config.stream);
  const subject = endpoints.rest;
  try {
    const asked = clock.now();
    const skew = await history.skew(() => clock.now(), signal);
    const trip = clock.now() - asked;
    const how = skew > 0 ? 'ahead of' : 'behind';
    const near = Math.abs(skew) <= Math.max(DOUBTFUL_SKEW, trip);
    const advice = near ? '' : ': set the clock of this machine (NTP)';
    const { symbols } = await history.info(signal);
    const unknown = config.symbols.filter((symbol) => !symbols.has(symbol));
    return [
      { subject, state: 'good', detail: `answers within ${sayDuration(trip)}` },
      {
        subject: 'clock',
        state: near ? 'good' : 'doubtful',
        detail: `the exchange is ${sayDuration(Math.abs(skew))} ${how} us${advice}`,
      },
      unknown.length === 0
        ? { subject: 'symbols', state: 'good', detail: `${config.symbols.join(', ')} of ${symbols.size} that there are` }
        : {
            subject: 'symbols',
            state: 'bad',
            detail: `${unknown.join(', ')}: no such symbol on ${config.market}; correct \`symbols\``,
          },
    ];
  } catch (error) {
    const detail = `${messageOf(error)}: ${adviceFor(messageOf(error), 'endpoints.rest')}`;
    return [{ subject, state: 'bad', detail }];
  } finally {
    rest.close();
  }
}

/** What to do about an address that cannot be reached. */
function adviceFor(why: string, endpoint: string): string {
  return why.includes('through the proxy')
    ? 'see that the proxy answers (`proxy`, or HTTPS_PROXY of the environment)'
    : `look at the network, or name \`proxy\` or \`${endpoint}\``;
}

/** Opens a connection and waits for its first sign of life. */
async function shakeHands(config: Config, host: OutsideHost): Promise<Finding[]> {
  const { websocket: subject } = endpointsOf(config);
  const { clock, signal } = host;
  const { limits } = config;
  const settings = {
    base: subject,
    streams: config.symbols.slice(0, 1).map((symbol) => `${symbol.toLowerCase()}@${config.stream}`),
    agent: agentFor(subject, config.proxy, false),
    clock,
    silenceMs: limits.silence,
    answerMs: limits.answer,
    frameBytes: limits.frameBytes,
  };
  const asked = clock.now();
  let connection: Connection | undefined;
  const shaken = new Promise<Finding>((resolve) => {
    connection = new Connection(settings, {
      opened: () => resolve({ subject, state: 'good', detail: `shakes hands within ${sayDuration(clock.now() - asked)}` }),
      closed: (_, why) => resolve({ subject, state: 'bad', detail: `${why}: ${adviceFor(why, 'endpoints.websocket')}` }),
      text() {},
      tooLarge() {},
    });
  });
  const over = new AbortController();
  const late = clock.sleep(limits.answer, AbortSignal.any([signal, over.signal])).then(
    (): Finding => ({ subject, state: 'bad', detail: `no handshake within ${sayDuration(limits.answer)}` }),
    (): Finding => ({ subject, state: 'doubtful', detail: 'was not waited for' }),
  );
  const finding = await Promise.race([shaken, late]);
  over.abort(new Error('answered'));
  connection?.close();
  return [finding];
}
