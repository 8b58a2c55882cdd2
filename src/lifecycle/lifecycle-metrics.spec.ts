import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { type LifecycleState, recordLifecycle } from './lifecycle-metrics.js';

type Observe = (value: number, attributes: Record<string, string>) => void;
type Callback = (result: { observe: Observe }) => void;

/** Collects on demand, as an exporter would. */
class Collector {
  private readonly callbacks = new Set<Callback>();

  getMeter() {
    return {
      createObservableGauge: () => ({
        addCallback: (callback: Callback) => this.callbacks.add(callback),
        removeCallback: (callback: Callback) => this.callbacks.delete(callback),
      }),
    };
  }

  collect(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const callback of this.callbacks)
      callback({ observe: (value, attributes) => (values[Object.values(attributes).join(' ')] = value) });
    return values;
  }
}

let collector: Collector;
beforeEach(() => {
  collector = new Collector();
  metrics.setGlobalMeterProvider(collector as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]);
});
afterEach(() => metrics.disable());

it('a process is in one state at a time, and tells it until it has ended', () => {
  let now: LifecycleState = 'starting';
  const stop = recordLifecycle('voice', () => now);
  expect(collector.collect()).toEqual({ 'voice starting': 1, 'voice ready': 0, 'voice draining': 0 });
  now = 'ready';
  expect(collector.collect()).toEqual({ 'voice starting': 0, 'voice ready': 1, 'voice draining': 0 });
  now = 'draining';
  expect(collector.collect()).toEqual({ 'voice starting': 0, 'voice ready': 0, 'voice draining': 1 });
  stop();
  expect(collector.collect()).toEqual({});
});
