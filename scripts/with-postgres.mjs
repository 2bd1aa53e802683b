// node scripts/with-postgres.mjs COMMAND [ARGUMENT…]
// Runs a command with QUANTSTREAM_TEST_POSTGRES naming a throw-away PostgreSQL, and removes the server afterwards.
// Returns the exit code of the command; 1 when there is no PostgreSQL to run.
import { runCommand } from './lib/command.mjs';
import { PostgresServer } from './lib/postgres.mjs';

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error('Give a command: node scripts/with-postgres.mjs npx vitest run');
  process.exit(1);
}
const server = await PostgresServer.create().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
process.exitCode = await runCommand(command, {
  QUANTSTREAM_TEST_POSTGRES: server.url,
  QUANTSTREAM_TEST_POSTGRES_PID: String(server.pid),
});
await server.dispose();
