import { metrics } from '@opentelemetry/api';
import type { EventBus } from './event-bus.js';

/** Seconds, finely around what callers take for an immediate answer. */
const LATENCY_BUCKETS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];

const histograms: Readonly<Record<string, string>> = {
  voice_to_voice_ms: 'voice.turn.response_latency',
  stt_final_ms: 'voice.stt.final_delay',
  llm_first_token_ms: 'voice.llm.time_to_first_token',
  tts_first_byte_ms: 'voice.tts.time_to_first_byte',
  barge_in_stop_ms: 'voice.barge_in.stop_latency',
};

/** Counts calls and their latencies with OpenTelemetry. Returns how to stop. */
export function recordCallMetrics(bus: EventBus): () => void {
  const meter = metrics.getMeter('parley.voice');
  const active = meter.createUpDownCounter('voice.sessions.active', { description: 'Live voice sessions' });
  const sessions = meter.createCounter('voice.sessions', { description: 'Voice sessions that ended, by reason' });
  const turns = meter.createCounter('voice.generations', { description: 'Answers of agents, by outcome' });
  const latencies = Object.fromEntries(
    Object.entries(histograms).map(([metric, name]) => [
      metric,
      meter.createHistogram(name, { unit: 's', advice: { explicitBucketBoundaries: LATENCY_BUCKETS } }),
    ]),
  );
  const stops = [
    bus.on('session.started', () => active.add(1)),
    bus.on('session.ended', ({ reason }) => {
      active.add(-1);
      sessions.add(1, { reason });
    }),
    bus.on('generation.completed', ({ outcome, metrics: measured }) => {
      turns.add(1, { outcome });
      for (const [metric, valueMs] of Object.entries(measured)) latencies[metric]?.record(valueMs / 1000);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
