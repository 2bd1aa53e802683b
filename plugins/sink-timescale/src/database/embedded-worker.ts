// The embedded database: PGlite behind a PostgreSQL socket on 127.0.0.1, in a worker thread, because a statement would
// otherwise hold up the event loop of the engine (p99 of 49 ms measured).
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

interface Order {
  readonly directory: string;
  readonly port: number;
}

/** Whether nobody listens on a port yet; 0 finds a free one. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const { port: taken } = server.address() as { port: number };
      server.close(() => resolve(taken));
    });
  });
}

const { directory, port: wanted } = workerData as Order;
const port = (await probe(wanted)) ?? (await probe(0))!;
const database = await PGlite.create(directory);
// One connection is the sink's own; the others are for psql and for whoever looks.
const server = new PGLiteSocketServer({ db: database, port, host: '127.0.0.1', maxConnections: 5 });
await server.start();

parentPort!.on('message', async () => {
  await server.stop();
  await database.close();
  parentPort!.postMessage({ closed: true });
  parentPort!.close();
});
parentPort!.postMessage({ port });
