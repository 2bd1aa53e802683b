import { sourceLaws } from '@quantstream/engine/testing';
import mavlink from '../src/index.js';

const messages = ['HEARTBEAT', 'ATTITUDE', 'GPS_RAW_INT', 'STATUSTEXT', 'BATTERY_STATUS'];
const simulator = { seed: 3, start: '2026-03-01T00:00:00Z', realTime: false, vehicles: 2, duration: '2m', loss: 0.05 };

sourceLaws(mavlink, { config: { connect: 'simulator', messages, batch: 500, simulator }, atLeast: 5_000 });
