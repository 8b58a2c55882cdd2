import { metrics } from '@opentelemetry/api';
import type { BreakerState } from '../kernel/provider-breaker.js';
import type { SpeechService } from '../speech/speech.service.js';

const STATES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };
const TIERS = ['dedicated', 'warm', 'cold'] as const;

/** Shows what is lent of recognisers and voices, and who is asked, with OpenTelemetry. Returns how to stop. */
export function recordSpeechMetrics(speech: Pick<SpeechService, 'pools' | 'status'>): () => void {
  const meter = metrics.getMeter('parley.speech');
  const gauge = (name: string, description: string): ReturnType<typeof meter.createObservableGauge> =>
    meter.createObservableGauge(name, { description });
  const counter = (name: string, description: string): ReturnType<typeof meter.createObservableCounter> =>
    meter.createObservableCounter(name, { description });
  const state = gauge('voice.speech.provider.state', 'Whether a speech service is asked: 0 yes, 1 on trial, 2 no');
  const size = gauge('voice.speech.pool.size', 'Recognisers and voices, by pool: in use, or idle and ready');
  const limit = gauge('voice.speech.pool.limit', 'How many there may be, by pool');
  const waiting = gauge('voice.speech.pool.waiting', 'Who waits for one, by pool');
  const lent = counter(
    'voice.speech.pool.allocations',
    'What was lent, by pool and tier: had before, ready, or built for the request',
  );
  const refused = counter('voice.speech.pool.refused', 'Who got none, by pool and reason');
  const failed = counter('voice.speech.pool.build_failures', 'What could not be built in advance, by pool');
  const all = [state, size, limit, waiting, lent, refused, failed];
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    for (const [kind, providers] of Object.entries(speech.status))
      for (const status of providers) result.observe(state, STATES[status.state], { kind, provider: status.provider });
    for (const pool of speech.pools()) {
      const { name, metrics: counted } = pool;
      result.observe(size, pool.in_use, { pool: name, state: 'in_use' });
      result.observe(size, pool.warm_pool_size, { pool: name, state: 'idle' });
      result.observe(limit, pool.max_size, { pool: name });
      result.observe(waiting, pool.waiting, { pool: name });
      for (const tier of TIERS) result.observe(lent, counted[`allocations_${tier}`], { pool: name, tier });
      result.observe(refused, counted.wait_timeouts, { pool: name, reason: 'timeout' });
      result.observe(refused, counted.rejected, { pool: name, reason: 'at_capacity' });
      result.observe(failed, counted.warmup_failures, { pool: name });
    }
  };
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}
