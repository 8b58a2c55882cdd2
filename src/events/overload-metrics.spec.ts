import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { ManualClock } from '../kernel/clock.js';
import { AudioQueues } from '../state/overload/audio-queues.js';
import { EventLoopProbe } from '../state/overload/event-loop-probe.js';
import { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { SessionSlots } from '../state/session-slots.js';
import { recordOverloadMetrics } from './overload-metrics.js';

type Instrument = { readonly name: string };
type Observe = (instrument: Instrument, value: number, attributes?: Record<string, string>) => void;
type Callback = (result: { observe: Observe }) => void;

/** Collects on demand, as an exporter would. */
class Collector {
  private readonly callbacks = new Set<Callback>();

  getMeter() {
    const instrument = (name: string): Instrument => ({ name });
    return {
      createObservableGauge: instrument,
      createObservableCounter: instrument,
      addBatchObservableCallback: (callback: Callback) => this.callbacks.add(callback),
      removeBatchObservableCallback: (callback: Callback) => this.callbacks.delete(callback),
    };
  }

  collect(): Record<string, number> {
    const values: Record<string, number> = {};
    const observe: Observe = ({ name }, value, attributes = {}) => {
      values[[name, ...Object.values(attributes)].join(' ')] = value;
    };
    for (const callback of this.callbacks) callback({ observe });
    return values;
  }
}

class LateLoop extends EventLoopProbe {
  start(): void {}

  read(): number {
    return 99;
  }

  stop(): void {}
}

describe('the metrics of overload', () => {
  const collector = new Collector();
  beforeEach(() => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    metrics.setGlobalMeterProvider(collector as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]);
  });
  afterEach(() => metrics.disable());

  it('show level, inputs, queues, drops and refusals, and no session', async () => {
    const clock = new ManualClock();
    const queues = new AudioQueues(clock);
    const slots = new SessionSlots({ capacity: 1, queue: 100 }, clock);
    const monitor = new OverloadMonitor(
      { sampleMs: 500, eventLoopDelayMs: 100, afterMs: 5000, recoveryMs: 30_000 },
      clock,
      new LateLoop(),
      queues,
      slots,
    );
    const stop = recordOverloadMetrics(monitor, slots);
    monitor.start();
    await clock.advance(500);
    const session = queues.open({ use: 'transcription', sources: ['mic', 'system'], sampleRate: 8000 });
    for (let i = 0; i < 103; i++) session.push('mic', new Int16Array(160));
    session.push('system', new Int16Array(160));
    await clock.advance(5000);
    await expect(slots.acquire(0, new AbortController().signal)).rejects.toMatchObject({ code: 'overloaded' });
    expect(collector.collect()).toEqual({
      'overload.level': 4,
      'overload.pressure queues': 1,
      'overload.pressure event_loop': 0.99,
      'overload.pressure inference': 0,
      'voice.audio.queue.depth mic': 100,
      'voice.audio.queue.depth system': 0,
      'voice.audio.queue.age mic': 5,
      'voice.audio.queue.age system': 0,
      'voice.audio.dropped mic queue_full': 3,
      'voice.audio.dropped mic overload': 0,
      'voice.audio.dropped system queue_full': 0,
      'voice.audio.dropped system overload': 1,
      'voice.sessions.slots_used': 0,
      'voice.sessions.limit': 1,
      'voice.sessions.waiting': 0,
      'voice.sessions.refused at_capacity': 0,
      'voice.sessions.refused overloaded': 1,
    });
    stop();
    expect(collector.collect()).toEqual({});
  });

  it('show every slot that is taken, whoever has it, and 0 before anybody has come', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots({ capacity: 2, queue: 0 }, clock);
    const monitor = new OverloadMonitor(
      { sampleMs: 500, eventLoopDelayMs: 100, afterMs: 5000, recoveryMs: 30_000 },
      clock,
      new LateLoop(),
      new AudioQueues(clock),
      slots,
    );
    const stop = recordOverloadMetrics(monitor, slots);
    const shown = () => collector.collect();
    const nobody = {
      'voice.sessions.slots_used': 0,
      'voice.sessions.refused at_capacity': 0,
      'voice.sessions.refused overloaded': 0,
    };
    expect(shown()).toMatchObject(nobody);
    const signal = new AbortController().signal;
    const leases = [await slots.acquire(0, signal), await slots.acquire(0, signal)];
    await expect(slots.acquire(0, signal)).rejects.toMatchObject({ code: 'at_capacity' });
    expect(shown()).toMatchObject({ 'voice.sessions.slots_used': 2, 'voice.sessions.refused at_capacity': 1 });
    for (const lease of leases) lease.release();
    expect(shown()).toMatchObject({ 'voice.sessions.slots_used': 0, 'voice.sessions.limit': 2 });
    stop();
  });
});
