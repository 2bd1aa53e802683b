// What a plugin may answer on the engine's own HTTP listener.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request. `request.url` is the path behind the place where it is mounted: `/api/state?key=a`. Throwing answers 500. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** How machines come in, which have no cookies and may speak as often as they like: limits of what they send are the plugin's. */
export interface MachineAccess {
  /**
   * Each opens it as `Authorization: Bearer TOKEN`, in place of the token of the pages, which then does not. None: on loopback whoever is on
   * this machine may come in; elsewhere the token of the pages opens it.
   */
  readonly tokens: readonly string[];
}

/** The engine's listener, as a plugin may use it: who may come in is decided in front of it. */
export interface Door {
  /**
   * Answers everything under `/PIPELINE/PREFIX/` from now on, until the pipeline ends.
   * @param prefix letters, digits and `-`
   * @param machines that machines speak here, not people
   * @returns the address that people open; empty where the pipeline does not listen, and nothing is shown to anybody
   */
  mount(prefix: string, handler: HttpHandler, machines?: MachineAccess): Promise<string>;
}
