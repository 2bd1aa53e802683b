// A process that Prometheus scrapes, and that eats CPU once it is told to: node test/busy-process.mjs prints its port.
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

const server = createServer((request, response) => {
  if (request.url === '/eat') new Worker('for (;;);', { eval: true });
  const { user, system } = process.cpuUsage();
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end(
    `# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ${(user + system) / 1e6}\nprocess_other_total{kind="a"} 1\n`,
  );
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
