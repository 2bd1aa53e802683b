// The engine's door for Prometheus, Kubernetes and people.

import type { HttpHandler, MachineAccess } from '../api/index.js';

/** Whether the engine can do its work, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface HttpState {
  readiness(): Readiness;
  metrics(): Promise<{ contentType: string; body: string }>;
}

/** Who may come in to what is mounted. `/live`, `/ready` and `/metrics` are open to all. */
export interface Access {
  /** Whether only this machine reaches the address. */
  readonly loopback: boolean;
  /** What opens it; absent: nothing is asked for. */
  readonly token?: string;
  /** A header in which a proxy in front says who asks. */
  readonly userHeader?: string;
}

/** The engine's door for Prometheus, Kubernetes and people. */
export interface HttpServer {
  /** @returns the URL that it listens on */
  listen(state: HttpState): Promise<string>;
  /**
   * Hands everything under a path to a handler, which sees the rest of the path.
   * @param path `/pipeline/page`
   * @param machines how those come in who are no people
   * @returns ends that
   */
  mount(path: string, handler: HttpHandler, machines?: MachineAccess): () => void;
  close(): Promise<void>;
}
