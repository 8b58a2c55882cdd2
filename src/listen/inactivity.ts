import type { ListenConfig } from '../config/listen.config.js';
import type { Clock } from '../kernel/clock.js';

export interface ClientActivity {
  /** Clock time of the last frame. */
  readonly receivedAt: number;
  /** Clock time until which nobody wonders that the client is quiet. */
  readonly activeAt: number;
}

/** Resolves when the client has done nothing for too long, or its connection seems to be dead. Rejects when aborted. */
export async function untilInactive(
  activity: () => ClientActivity,
  config: Pick<ListenConfig, 'receiveTimeoutMs' | 'inactivityMs'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<'idle' | 'timeout'> {
  for (;;) {
    const { receivedAt, activeAt } = activity();
    const deadInMs = receivedAt + config.receiveTimeoutMs - clock.now();
    const idleInMs = activeAt + config.inactivityMs - clock.now();
    if (idleInMs <= 0) return 'idle';
    if (deadInMs <= 0) return 'timeout';
    await clock.delay(Math.min(deadInMs, idleInMs), signal);
  }
}
