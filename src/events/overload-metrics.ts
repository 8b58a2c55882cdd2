import { metrics } from '@opentelemetry/api';
import { rankOf } from '../state/overload/overload-level.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import type { SessionSlots } from '../state/session-slots.js';

/** For which an alert rings: they begin at 0, because a first refusal is no growth where there was no series before. */
const RUNG_FOR = ['at_capacity', 'overloaded'];

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
  const used = meter.createObservableGauge('voice.sessions.slots_used', {
    description: 'Session slots that are taken: by calls, by those who only listen, by callers who are expected',
  });
  const limit = meter.createObservableGauge('voice.sessions.limit', {
    description: 'Sessions that there may be at a time',
  });
  const waiting = meter.createObservableGauge('voice.sessions.waiting', {
    description: 'Callers who wait for a session to end',
  });
  const all = [level, pressure, depth, age, dropped, refused, used, limit, waiting];
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const { level: now, measured } = monitor.status();
    result.observe(level, rankOf(now));
    for (const [input, share] of Object.entries(measured.shares)) result.observe(pressure, share, { input });
    for (const { source, depth: frames, ageMs, dropped: lost } of measured.sources) {
      result.observe(depth, frames, { source });
      result.observe(age, ageMs / 1000, { source });
      for (const [reason, count] of Object.entries(lost)) result.observe(dropped, count, { source, reason });
    }
    result.observe(used, slots.granted);
    result.observe(limit, slots.capacity);
    result.observe(waiting, slots.waiting);
    for (const reason of new Set([...RUNG_FOR, ...slots.refusals.keys()]))
      result.observe(refused, slots.refusals.get(reason) ?? 0, { reason });
  };
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}
