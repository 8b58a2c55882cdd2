import 'reflect-metadata';
import { createApp, listen } from './configure-app.js';
import { messageOf } from './kernel/errors.js';
import { LifecycleService } from './lifecycle/lifecycle.service.js';
import { shutDownOnSignals } from './shut-down.js';

try {
  const app = await createApp(process.env);
  shutDownOnSignals(app);
  app.get(LifecycleService).announce(await listen(app));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
