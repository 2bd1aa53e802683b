// A fleet in a process of its own that speaks MAVLink over UDP at the pace of the clock: node fleet-over-udp.mjs PORT VEHICLES.

import { createSocket } from 'node:dgram';
import { simulatorConfig } from '../plugins/source-mavlink/dist/simulator/config.js';
import { Fleet } from '../plugins/source-mavlink/dist/simulator/fleet.js';

const [port, vehicles] = process.argv.slice(2).map(Number);
const sockets = Array.from({ length: vehicles }, () => createSocket('udp4'));
const start = Date.now();
const settings = simulatorConfig.parse({ seed: 11, vehicles, faultsPerHour: 0 });
const fleet = new Fleet(
  settings,
  start,
  true,
  (vehicle) => `vehicle-${vehicle + 1}`,
  () => {},
);
setInterval(() => {
  fleet.advance(Date.now() - start, ({ vehicle, bytes }) => {
    sockets[vehicle].send(bytes, port, '127.0.0.1');
  });
}, 20);
