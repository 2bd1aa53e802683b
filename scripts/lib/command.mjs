// Runs the command that stands behind a script, with more in its environment.
import { spawn } from 'node:child_process';

/** @returns {Promise<number>} its exit code */
export async function runCommand([command, ...args], environment) {
  const child = spawn(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    shell: process.platform === 'win32',
  });
  // A signal to the group reaches the command by itself; we stay to clean up.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (status) => resolve(status ?? 1));
  });
}
