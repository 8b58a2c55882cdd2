import { configOf, int, setting } from './setting.js';

export class LifecycleConfig extends configOf('lifecycle', {
  drainLimitMs: setting(
    'DRAIN_LIMIT_MS',
    int(0, 3_600_000),
    'After SIGTERM, how long live calls may go on before they are closed with 1012. Keep it below the grace period of the platform.',
  ),
  shutdownLimitMs: setting(
    'SHUTDOWN_LIMIT_MS',
    int(1000, 600_000),
    'How long stopping may take after the drain; then the process exits whatever still hangs.',
  ),
  deferredRetryMs: setting(
    'DEFERRED_RETRY_MS',
    int(10, 600_000),
    'Pause before a failed deferred start-up step is tried again; doubles each time, up to 60 s.',
  ),
}) {}
