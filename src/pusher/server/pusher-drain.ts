import { Injectable } from '@nestjs/common';
import { LifecycleConfig } from '../../config/lifecycle.config.js';
import { PusherConfig } from '../../config/pusher.config.js';
import { Clock } from '../../kernel/clock.js';
import { Drain } from '../../lifecycle/drain.js';
import { WsPusherLinks } from '../link/ws-pusher-links.js';
import { PusherSessions } from './pusher-sessions.js';

/** At a shutdown, first the links of this process are closed by those who have them, then those of others are sent away. */
@Injectable()
export class PusherDrain {
  constructor(
    private readonly links: WsPusherLinks,
    private readonly sessions: PusherSessions,
    private readonly config: PusherConfig,
    private readonly lifecycle: LifecycleConfig,
    drain: Drain,
    private readonly clock: Clock,
  ) {
    drain.on('pusher', () => this.finish());
  }

  private async finish(): Promise<void> {
    const { shutdownLimitMs } = this.lifecycle;
    await this.ownLinksAreClosed(shutdownLimitMs / 4);
    await this.sessions.drain(Math.min(this.config.drainMs, shutdownLimitMs / 2));
  }

  private async ownLinksAreClosed(withinMs: number): Promise<void> {
    let limit: { cancel(): void } | undefined;
    const limitReached = new Promise<void>((resolve) => (limit = this.clock.setTimeout(resolve, withinMs)));
    await Promise.race([this.links.idle(), limitReached]);
    limit?.cancel();
  }
}
