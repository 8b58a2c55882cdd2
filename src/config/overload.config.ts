import { configOf, int, setting } from './setting.js';

export class OverloadConfig extends configOf('overload', {
  sampleMs: setting('OVERLOAD_SAMPLE_MS', int(50, 10_000), 'How often the load is measured.'),
  eventLoopDelayMs: setting(
    'OVERLOAD_EVENT_LOOP_DELAY_MS',
    int(5, 10_000),
    'Delay of the event loop (p99) that counts as full load.',
  ),
  afterMs: setting(
    'OVERLOAD_AFTER_MS',
    int(0, 600_000),
    'With a pressure above 0.95 for this long, the server is OVERLOADED and takes no new sessions.',
  ),
  recoveryMs: setting(
    'OVERLOAD_RECOVERY_MS',
    int(0, 3_600_000),
    'With a pressure below 0.70 for this long without a break, the level goes down by one, and again after as long.',
  ),
}) {}
