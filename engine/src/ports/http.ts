/** Whether the engine can do its work, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface HttpState {
  readiness(): Readiness;
  metrics(): Promise<{ contentType: string; body: string }>;
}

/** The engine's door for Prometheus, Kubernetes and people. */
export interface HttpServer {
  /** @returns the URL that it listens on */
  listen(state: HttpState): Promise<string>;
  close(): Promise<void>;
}
