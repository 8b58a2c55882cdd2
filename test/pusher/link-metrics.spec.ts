import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { LinkBench, PATIENT_MS, processRequest, speak } from './link-bench.js';

type Instrument = { readonly name: string };
type Observe = (instrument: Instrument, value: number, attributes?: Record<string, string>) => void;
type Callback = (result: { observe: Observe }) => void;

/** Collects on demand, as an exporter would. */
class Collector {
  readonly counted: Record<string, number> = {};
  private readonly callbacks = new Set<Callback>();

  getMeter() {
    return {
      createObservableGauge: (name: string): Instrument => ({ name }),
      createCounter: (name: string) => ({
        add: (value: number, attributes: Record<string, string> = {}) => {
          const key = [name, ...Object.values(attributes)].join(' ');
          this.counted[key] = (this.counted[key] ?? 0) + value;
        },
      }),
      addBatchObservableCallback: (callback: Callback) => this.callbacks.add(callback),
      removeBatchObservableCallback: (callback: Callback) => this.callbacks.delete(callback),
    };
  }

  collect(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const callback of this.callbacks)
      callback({
        observe: ({ name }, value, attributes = {}) => {
          values[[name, ...Object.values(attributes)].join(' ')] = value;
        },
      });
    return values;
  }
}

describe('the metrics of links', () => {
  const collector = new Collector();
  beforeEach(() => {
    metrics.setGlobalMeterProvider(collector as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]);
  });
  afterEach(() => metrics.disable());

  it('show states, the backlog and its age, what is lost and the breaker', async () => {
    const bench = await LinkBench.start(
      { breakerFailures: 2, maxPendingRequests: 1, audioBufferBytes: 262_144, connectTimeoutMs: PATIENT_MS },
      (pusher) => void (pusher.manners = 'refuse'),
    );
    const links = [bench.open('s1'), bench.open('s2')];
    await bench.until(() => bench.pauses.length === 2);
    const { link } = links[0]!;
    link.setConversation('c1');
    speak(link, 0, 20_000);
    for (const id of ['a', 'b']) link.requestProcessing(processRequest(id));
    await bench.clock.advance(30_000);
    expect(collector.collect()).toEqual({
      'pusher.links connected': 0,
      'pusher.links reconnect_backoff': 2,
      'pusher.links degraded': 0,
      'pusher.links half_open_probe': 0,
      'pusher.link.requests.pending': 1,
      'pusher.link.requests.age': 30,
      'pusher.link.audio.waiting': 262_144,
      'pusher.link.breaker.state': 2,
      'pusher.link.away': 30,
    });
    bench.pusher.manners = 'ready';
    // By the quarter second, so that a connection has time to be made.
    while (!links.every(({ link }) => link.state === 'connected')) await bench.clock.advance(250);
    expect(collector.collect()).toMatchObject({
      'pusher.links connected': 2,
      'pusher.link.breaker.state': 0,
      'pusher.link.away': 0,
    });
    await bench.stop();
    expect(collector.counted).toMatchObject({
      'pusher.link.connects failed': 2,
      'pusher.link.connects connected': 2,
      'pusher.link.requests.dropped': 1,
    });
    // Twenty seconds, as none of it was archived.
    expect(collector.counted['pusher.link.audio.lost']).toBeCloseTo(20, 3);
    expect(collector.collect()).toEqual({});
  });
});
