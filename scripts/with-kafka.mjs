// node scripts/with-kafka.mjs COMMAND [ARGUMENT…]
// Runs a command with QUANTSTREAM_TEST_KAFKA naming a throw-away Kafka broker, and removes the broker afterwards.
// Returns the exit code of the command; 1 when there is no Kafka to run.
import { spawn } from 'node:child_process';
import { KafkaBroker } from './lib/kafka.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('Give a command: node scripts/with-kafka.mjs npx vitest run');
  process.exit(1);
}
const broker = await KafkaBroker.create().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
const environment = { ...process.env, QUANTSTREAM_TEST_KAFKA: broker.address, QUANTSTREAM_TEST_KAFKA_PID: String(broker.pid) };
const child = spawn(command, args, { stdio: 'inherit', env: environment, shell: process.platform === 'win32' });
// A signal to the group reaches the command by itself; we stay to clean up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
process.exitCode = await new Promise((resolve) => {
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    resolve(1);
  });
  child.once('exit', (status) => resolve(status ?? 1));
});
await broker.dispose();
