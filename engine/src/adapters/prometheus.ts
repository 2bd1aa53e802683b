// Metrics in the text format of Prometheus, kept by prom-client.

import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { Counter, Gauge, Histogram, Labels, Metrics } from '../api/index.js';
import type { MetricsPort } from '../ports/metrics.js';

const PREFIX = 'quantstream_';

/** Metrics in a Prometheus registry of their own. */
export class PrometheusMetrics implements MetricsPort {
  private readonly registry = new Registry();
  // biome-ignore lint/suspicious/noExplicitAny: label names are not known to the type system here
  private readonly made = new Map<string, PromCounter<any> | PromGauge<any> | PromHistogram<any>>();
  private readonly constant: Labels;

  constructor(constant: Labels = {}) {
    this.constant = constant;
  }

  /** Adds memory, CPU and event-loop metrics of the process. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  expose(): Promise<string> {
    return this.registry.metrics();
  }

  labelled(labels: Labels): Metrics {
    const child = new PrometheusMetrics({ ...this.constant, ...labels });
    Object.assign(child, { registry: this.registry, made: this.made });
    return child;
  }

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    const counter = this.make(name, () => new PromCounter(this.describe(name, help, labels))) as PromCounter;
    return { add: (amount = 1, values = {}) => counter.inc({ ...this.constant, ...values }, amount) };
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    const gauge = this.make(name, () => new PromGauge(this.describe(name, help, labels))) as PromGauge;
    return { set: (value, values = {}) => gauge.set({ ...this.constant, ...values }, value) };
  }

  histogram(name: string, help: string, buckets: readonly number[], labels: readonly string[] = []): Histogram {
    const make = () => new PromHistogram({ ...this.describe(name, help, labels), buckets: [...buckets] });
    const histogram = this.make(name, make) as PromHistogram;
    return { observe: (value, values = {}) => histogram.observe({ ...this.constant, ...values }, value) };
  }

  private describe(name: string, help: string, labels: readonly string[]) {
    return { name: PREFIX + name, help, labelNames: [...Object.keys(this.constant), ...labels], registers: [this.registry] };
  }

  private make<T extends PromCounter | PromGauge | PromHistogram>(name: string, create: () => T): T {
    let metric = this.made.get(name) as T | undefined;
    if (!metric) {
      metric = create();
      this.made.set(name, metric);
    }
    return metric;
  }
}
