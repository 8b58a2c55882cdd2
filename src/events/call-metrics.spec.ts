import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { recordCallMetrics } from './call-metrics.js';
import { EventBus } from './event-bus.js';

/** Keeps what is recorded, as an exporter would get it. */
class Recorder {
  readonly recorded: [name: string, value: number, attributes?: object][] = [];

  getMeter() {
    const note = (name: string) => (value: number, attributes?: object) =>
      void this.recorded.push(attributes ? [name, value, attributes] : [name, value]);
    const counter = (name: string) => ({ add: note(name) });
    return {
      createCounter: counter,
      createUpDownCounter: counter,
      createHistogram: (name: string) => ({ record: note(name) }),
    };
  }
}

describe('the metrics of calls', () => {
  let recorder: Recorder;
  beforeEach(() => {
    recorder = new Recorder();
    metrics.setGlobalMeterProvider(recorder as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]);
  });
  afterEach(() => metrics.disable());

  it('say what became of calls, turns and answers, in seconds and without a session', () => {
    const bus = new EventBus();
    const stop = recordCallMetrics(bus);
    const sessionId = 's1';
    bus.emit('session.started', { sessionId, agent: 'concierge' });
    bus.emit('caller.greeted', { sessionId, afterMs: 250 });
    bus.emit('turn.taken', { sessionId, source: 'voice', understood: true });
    bus.emit('generation.completed', {
      sessionId,
      outcome: 'completed',
      source: 'voice',
      usedTools: false,
      metrics: { voice_to_voice_ms: 640, endpointing_ms: 500, unheard_of_ms: 1 },
    });
    bus.emit('agent.silenced', { sessionId, outcome: 'resumed' });
    bus.emit('agent.changed', { sessionId, to: 'fraud_desk', kind: 'announced' });
    bus.emit('call.transferred', { sessionId, status: 'started' });
    bus.emit('session.ended', {
      sessionId,
      reason: 'completed',
      outcome: 'transferred',
      durationMs: 61_500,
      turns: 1,
    });
    expect(recorder.recorded).toEqual([
      ['voice.sessions.active', 0],
      ['voice.sessions.active', 1],
      ['voice.greeting.latency', 0.25],
      ['voice.turns', 1, { source: 'voice', understood: true }],
      ['voice.generations', 1, { outcome: 'completed', source: 'voice' }],
      ['voice.turn.response_latency', 0.64, { tools: false }],
      ['voice.turn.endpointing_delay', 0.5],
      ['voice.barge_ins', 1, { outcome: 'resumed' }],
      ['voice.handoffs', 1, { to: 'fraud_desk', kind: 'announced' }],
      ['voice.transfers', 1, { status: 'started' }],
      ['voice.sessions.active', -1],
      ['voice.sessions', 1, { reason: 'completed', outcome: 'transferred' }],
      ['voice.session.duration', 61.5],
    ]);
    stop();
    expect(bus.listenerCount).toBe(0);
  });

  it('count no answer as fast that has failed', () => {
    const bus = new EventBus();
    const stop = recordCallMetrics(bus);
    const answer = { sessionId: 's1', source: 'voice', usedTools: false, metrics: { voice_to_voice_ms: 300 } };
    bus.emit('generation.completed', { ...answer, outcome: 'failed' });
    bus.emit('generation.completed', { ...answer, outcome: 'interrupted' });
    stop();
    const names = recorder.recorded.map(([name]) => name);
    expect(names.filter((name) => name === 'voice.generations')).toHaveLength(2);
    expect(names.filter((name) => name === 'voice.turn.response_latency')).toHaveLength(1);
  });

  it('keep what agents say on their own account apart from answers', () => {
    const bus = new EventBus();
    const stop = recordCallMetrics(bus);
    const greeting = { sessionId: 's1', source: 'greeting', outcome: 'completed', usedTools: false };
    bus.emit('generation.completed', { ...greeting, metrics: { tts_first_byte_ms: 0 } });
    stop();
    expect(recorder.recorded).toContainEqual(['voice.tts.time_to_first_byte', 0, { source: 'greeting' }]);
  });
});
