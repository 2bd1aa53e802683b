// What a sink may answer on the engine's own HTTP listener.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request. `request.url` is the path behind the place where it is mounted: `/api/state?key=a`. Throwing answers 500. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The engine's listener, as a sink may use it: who may come in is decided in front of it. */
export interface Door {
  /**
   * Answers everything under `/PIPELINE/PREFIX/` from now on, until the pipeline ends.
   * @param prefix letters, digits and `-`
   * @returns the address that people open; empty where the pipeline does not listen, and nothing is shown to anybody
   */
  mount(prefix: string, handler: HttpHandler): Promise<string>;
}
