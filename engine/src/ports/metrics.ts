import type { Counter, Gauge, Histogram, Labels, Metrics } from '../api/index.js';

/** Metrics that can be read out for Prometheus. */
export interface MetricsPort extends Metrics {
  /** The text exposition format. */
  expose(): Promise<string>;
  readonly contentType: string;
  /** The same metrics with `labels` on each of them. */
  labelled(labels: Labels): Metrics;
}

/** Metrics of a pipeline that nobody can ask for them: nothing is kept. */
export const unheardMetrics: MetricsPort = {
  contentType: 'text/plain',
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {} }),
  labelled: () => unheardMetrics,
  expose: async () => '',
};

/** Metrics for tests: last values in a map by name and labels. */
export class MemoryMetrics implements MetricsPort {
  readonly values = new Map<string, number>();
  readonly contentType = 'text/plain';
  counter(name: string): Counter {
    return { add: (amount = 1, labels) => this.set(name, labels, (this.values.get(this.id(name, labels)) ?? 0) + amount) };
  }
  gauge(name: string): Gauge {
    return { set: (value, labels) => this.set(name, labels, value) };
  }
  histogram(name: string): Histogram {
    return { observe: (_, labels) => this.set(name, labels, (this.values.get(this.id(name, labels)) ?? 0) + 1) };
  }
  labelled(): Metrics {
    return this;
  }
  async expose(): Promise<string> {
    return [...this.values].map(([id, value]) => `${id} ${value}\n`).join('');
  }
  private id(name: string, labels: Labels | undefined): string {
    return labels ? `${name}${JSON.stringify(labels)}` : name;
  }
  private set(name: string, labels: Labels | undefined, value: number): void {
    this.values.set(this.id(name, labels), value);
  }
}
