import { type INestApplication, Logger } from '@nestjs/common';
import { LifecycleConfig } from './config/lifecycle.config.js';
import { messageOf } from './kernel/errors.js';
import { DrainState } from './lifecycle/drain-state.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** A terminal and npm may both pass on one Ctrl-C. */
const SAME_SIGNAL_MS = 500;
const EXIT_CODE_AT_ONCE = 130;

/** The first signal drains and stops within the limits; a second one ends the process at once. */
export function shutDownOnSignals(app: INestApplication): void {
  const logger = new Logger('Shutdown');
  const { drainLimitMs, shutdownLimitMs } = app.get(LifecycleConfig);
  let since: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (since !== undefined) {
      if (now - since < SAME_SIGNAL_MS) return;
      logger.warn(`${signal} again: ending at once`);
      process.exit(EXIT_CODE_AT_ONCE);
    }
    since = now;
    app.get(DrainState).begin();
    logger.log(`${signal}: no new sessions; a second signal ends at once`);
    setTimeout(() => {
      logger.error('Shutdown took too long: ending now');
      process.exit(1);
    }, drainLimitMs + shutdownLimitMs).unref();
    app.close().then(
      () => {
        logger.log(`Stopped after ${Math.round(performance.now() - now)} ms`);
        process.exit(0);
      },
      (error: unknown) => {
        logger.error(`Shutdown failed: ${messageOf(error)}`);
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
