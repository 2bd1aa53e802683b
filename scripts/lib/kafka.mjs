// One Kafka broker for tests and benches: Apache Kafka from Maven Central in KRaft mode, on 127.0.0.1.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './servers.mjs';

const VERSION = '4.1.0';
const windows = process.platform === 'win32';

/** Where the libraries are kept between runs. */
const cache = () => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quantstream', `kafka-${VERSION}`);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>quantstream</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency></dependencies>
</project>`;

/** The folder of Kafka's jars; fetched with Maven the first time. @throws a sentence when there is no Java or no Maven */
export function kafkaLibraries() {
  const home = cache();
  const libraries = join(home, 'libs');
  if (existsSync(libraries)) return libraries;
  if (spawnSync('java', ['-version']).status !== 0)
    throw new Error('Kafka needs Java 17 or newer, and there is no java in PATH.');
  mkdirSync(home, { recursive: true });
  const work = mkdtempSync(join(home, 'fetch-'));
  try {
    writeFileSync(join(work, 'pom.xml'), POM);
    const fetched = spawnSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'libs')}`],
      { cwd: work, encoding: 'utf8', shell: windows },
    );
    if (fetched.status !== 0) throw new Error(`Maven could not fetch Kafka: ${fetched.error?.message ?? fetched.stdout}`);
    // Whole, or not at all: another run may fetch at the same time.
    if (!existsSync(libraries)) renameSync(join(work, 'libs'), libraries);
    return libraries;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const reachable = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });

/** A broker with a folder of its own. It can be killed and started again on the same port, with what it had stored. */
export class KafkaBroker {
  log = '';
  #home = mkdtempSync(join(tmpdir(), 'quantstream-kafka-'));
  #libraries;
  #process;

  /**
   * @param heap of the Java machine, such as `512m`
   * @param running false: prepared, but not started yet
   * @param roles of this process; in a cluster one controls and the others keep the records
   * @param id of this process
   * @param controller port of process 1, which controls
   * @param copies how many brokers keep what groups have committed
   */
  static async create({
    heap = '512m',
    running = true,
    roles = ['broker', 'controller'],
    id = 1,
    controller = undefined,
    copies = 1,
  } = {}) {
    const broker = new KafkaBroker();
    broker.#libraries = kafkaLibraries();
    broker.heap = heap;
    broker.id = id;
    const control = controller ?? (await freePort());
    broker.port = roles.includes('broker') ? await freePort() : control;
    const plain = `PLAINTEXT://127.0.0.1:${broker.port}`;
    const listeners = { broker: plain, controller: `CONTROLLER://127.0.0.1:${control}` };
    const data = join(broker.#home, 'data');
    writeFileSync(
      join(broker.#home, 'server.properties'),
      [
        `process.roles=${roles.join()}`,
        `node.id=${id}`,
        `controller.quorum.voters=1@127.0.0.1:${control}`,
        `listeners=${roles.map((role) => listeners[role]).join()}`,
        ...(roles.includes('broker') ? [`advertised.listeners=${plain}`, 'inter.broker.listener.name=PLAINTEXT'] : []),
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'controller.listener.names=CONTROLLER',
        `log.dirs=${data.replaceAll('\\', '/')}`,
        'num.partitions=1',
        `offsets.topic.replication.factor=${copies}`,
        'offsets.topic.num.partitions=1',
        'transaction.state.log.replication.factor=1',
        'transaction.state.log.min.isr=1',
        'group.initial.rebalance.delay.ms=0',
        'auto.create.topics.enable=false',
      ].join('\n'),
    );
    const formatted = spawnSync(
      'java',
      [...broker.#java(), 'kafka.tools.StorageTool', 'format', '-t', 'cXVhbnRzdHJlYW0tdGVzdA', '-c', broker.#settings()],
      { encoding: 'utf8', cwd: broker.#home },
    );
    if (formatted.status !== 0) throw new Error(`Kafka could not be prepared: ${formatted.stderr || formatted.stdout}`);
    if (running) await broker.start();
    return broker;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** The process id, for those who measure it. */
  get pid() {
    return this.#process?.pid;
  }

  async start() {
    this.#process = spawn('java', [`-Xmx${this.heap}`, `-Xms${this.heap}`, ...this.#java(), 'kafka.Kafka', this.#settings()], {
      cwd: this.#home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.on('data', (piece) => {
        this.log = (this.log + piece).slice(-8_000);
      });
    for (let tries = 0; tries < 600; tries++) {
      if (this.#process.exitCode !== null) throw new Error(`Kafka did not start: ${this.log}`);
      if (await reachable(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`Kafka did not listen within a minute: ${this.log}`);
  }

  /** @param signal `SIGKILL` for a crash, `SIGTERM` for a shutdown in good order */
  async stop(signal = 'SIGTERM') {
    const process = this.#process;
    if (process && process.exitCode === null && process.signalCode === null) {
      const gone = new Promise((resolve) => process.once('exit', resolve));
      process.kill(signal);
      await gone;
    }
  }

  async dispose() {
    await this.stop('SIGKILL');
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  #java() {
    return ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(this.#libraries, '*')];
  }

  #settings() {
    return join(this.#home, 'server.properties');
  }
}
