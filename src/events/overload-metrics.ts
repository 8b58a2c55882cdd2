import { metrics } from '@opentelemetry/api';
import { rankOf } from '../state/overload/overload-level.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import type { SessionSlots } from '../state/session-slots.js';

/** Shows the load of the process with OpenTelemetry, as of the newest sample. Returns how to stop. */
export function recordOverloadMetrics(monitor: OverloadMonitor, slots: SessionSlots): () => void {
  const meter = metrics.getMeter('parley.overload');
  const level = meter.createObservableGauge('overload.level', {
    description: '0 NORMAL, 1 WARNING, 2 DEGRADED, 3 CRITICAL, 4 OVERLOADED',
  });
  const pressure = meter.createObservableGauge('overload.pressure', {
    description: 'Load by what is measured: 1 is all that can be done',
  });
  const depth = meter.createObservableGauge('voice.audio.queue.depth', {
    unit: '{frame}',
    description: 'Audio that waits to be processed, by source',
  });
  const age = meter.createObservableGauge('voice.audio.queue.age', {
    unit: 's',
    description: 'How long the oldest frame has been waiting, by source',
  });
  const dropped = meter.createObservableCounter('voice.audio.dropped', {
    unit: '{frame}',
    description: 'Audio that was lost, by source and reason',
  });
  const refused = meter.createObservableCounter('voice.sessions.refused', {
    description: 'Sessions that got no slot, by reason',
  });
  const limit = meter.createObservableGauge('voice.sessions.limit', {
    description: 'Sessions that there may be at a time',
  });
  const waiting = meter.createObservableGauge('voice.sessions.waiting', {
    description: 'Callers who wait for a session to end',
  });
  const all = [level, pressure, depth, age, dropped, refused, limit, waiting];
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const { level: now, measured } = monitor.status();
    result.observe(level, rankOf(now));
    for (const [input, share] of Object.entries(measured.shares)) result.observe(pressure, share, { input });
    for (const { source, depth: frames, ageMs, dropped: lost } of measured.sources) {
      result.observe(depth, frames, { source });
      result.observe(age, ageMs / 1000, { source });
      for (const [reason, count] of Object.entries(lost)) result.observe(dropped, count, { source, reason });
    }
    result.observe(limit, slots.capacity);
    result.observe(waiting, slots.waiting);
    for (const [reason, count] of slots.refusals) result.observe(refused, count, { reason });
  };
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}
