import 'reflect-metadata';
import { createApp, listen } from './configure-app.js';
import { messageOf } from './kernel/errors.js';
import { LifecycleService } from './lifecycle/lifecycle.service.js';
import { shutDownOnSignals } from './shut-down.js';
import { endTelemetry } from './telemetry/running-telemetry.js';

/** A trace of why it did not start is worth a moment. */
const TELEMETRY_LIMIT_MS = 2000;
/** What people said is on disk: other users of the machine have no business there. */
const ONLY_FOR_US = 0o077;

process.umask(ONLY_FOR_US);

try {
  const app = await createApp(process.env);
  shutDownOnSignals(app);
  app.get(LifecycleService).announce(await listen(app));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  await endTelemetry(TELEMETRY_LIMIT_MS);
  process.exit(1);
}
