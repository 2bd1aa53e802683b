/** A real SMTP server that keeps what it gets and answers as it is told. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Mail {
  readonly to: readonly string[];
  readonly raw: string;
  readonly parsed: ParsedMail;
}

/** An answer of the server that is no success. */
export const refusal = (responseCode: number) => Object.assign(new Error('as told'), { responseCode });

/** @param answer what is to be thrown at the n-th mail, if anything */
export async function mailServer(answer: (n: number) => Error | undefined = () => undefined, options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  let asked = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', async () => {
        const refused = answer(++asked);
        if (refused) return done(refused);
        const raw = Buffer.concat(pieces).toString();
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, parsed: await simpleParser(raw) });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    asked: () => asked,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
