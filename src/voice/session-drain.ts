import { Injectable, Logger } from '@nestjs/common';
import { LifecycleConfig } from '../config/lifecycle.config.js';
import { Clock } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { Drain } from '../lifecycle/drain.js';
import { SessionRegistry } from '../state/session-registry.js';
import { SessionSlots } from '../state/session-slots.js';

/** Lets live calls finish before the sockets are closed. */
@Injectable()
export class SessionDrain {
  private readonly logger = new Logger('Drain');

  constructor(
    drain: Drain,
    private readonly slots: SessionSlots,
    private readonly sessions: SessionRegistry,
    private readonly config: LifecycleConfig,
    private readonly clock: Clock,
  ) {
    drain.on('calls', () => this.finish());
  }

  private async finish(): Promise<void> {
    if (this.slots.active === 0) return;
    const { drainLimitMs } = this.config;
    this.logger.log(`Waiting up to ${formatDuration(drainLimitMs)} for ${this.slots.active} live session(s)`);
    let limit: { cancel(): void } | undefined;
    const limitReached = new Promise<void>((resolve) => (limit = this.clock.setTimeout(resolve, drainLimitMs)));
    await Promise.race([this.slots.idle(), limitReached]);
    limit?.cancel();
    if (this.sessions.active > 0)
      this.logger.warn(`Closing ${this.sessions.active} session(s) that did not finish in time`);
    await this.sessions.closeAll('drain');
  }
}
