// node scripts/with-kafka.mjs COMMAND [ARGUMENT…]
// Runs a command with QUANTSTREAM_TEST_KAFKA naming a throw-away Kafka broker, and removes the broker afterwards.
// Returns the exit code of the command; 1 when there is no Kafka to run.
import { runCommand } from './lib/command.mjs';
import { KafkaBroker } from './lib/kafka.mjs';

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error('Give a command: node scripts/with-kafka.mjs npx vitest run');
  process.exit(1);
}
const broker = await KafkaBroker.create().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
process.exitCode = await runCommand(command, { QUANTSTREAM_TEST_KAFKA: broker.address });
await broker.dispose();
