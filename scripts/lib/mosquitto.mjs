// A Mosquitto of one's own for tests: an MQTT broker that can be killed, and keeps its sessions on disk.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './servers.mjs';

const PATH = `${process.env.PATH}${process.platform === 'win32' ? '' : ':/usr/sbin:/usr/local/sbin'}`;

/** Whether there is one to run. */
export const mosquittoInstalled = () => spawnSync('mosquitto', ['-h'], { env: { ...process.env, PATH } }).error === undefined;

const reachable = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });

export class Mosquitto {
  #home = mkdtempSync(join(tmpdir(), 'quantstream-mqtt-'));
  #process;
  #settings = join(this.#home, 'mosquitto.conf');
  port = 0;
  url = '';

  /** @param settings more lines of its configuration */
  static async create(settings = []) {
    const broker = new Mosquitto();
    broker.port = await freePort();
    broker.url = `mqtt://127.0.0.1:${broker.port}`;
    const user = process.getuid?.() === 0 ? ['user root'] : [];
    const lines = [
      `listener ${broker.port} 127.0.0.1`,
      ...user,
      'persistence true',
      `persistence_location ${broker.#home}/`,
      'max_queued_messages 0',
      'log_dest none',
      ...(settings.some((line) => line.startsWith('password_file')) ? [] : ['allow_anonymous true']),
      ...settings,
    ];
    writeFileSync(broker.#settings, `${lines.join('\n')}\n`);
    await broker.start();
    return broker;
  }

  async start() {
    this.#process = spawn('mosquitto', ['-c', this.#settings], { env: { ...process.env, PATH }, stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries++) {
      if (await reachable(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.dispose();
    throw new Error('mosquitto did not come up within 10 s');
  }

  /** SIGTERM lets it write its sessions down; SIGKILL does not. */
  async stop(signal = 'SIGTERM') {
    const process = this.#process;
    if (process.exitCode !== null || process.signalCode !== null) return;
    const gone = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await gone;
  }

  async dispose() {
    await this.stop('SIGKILL');
    rmSync(this.#home, { recursive: true, force: true });
  }
}
