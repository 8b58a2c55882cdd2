import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../kernel/clock.js';

const MAX_MISSED = 2;

/** Pings a client, and cuts it off when it has missed two pings in a row. */
export class Heartbeat {
  private missed = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly intervalMs: number,
    private readonly clock: Clock,
  ) {
    socket.on('pong', this.onPong);
    this.schedule();
  }

  stop(): void {
    this.timer?.cancel();
    this.socket.off('pong', this.onPong);
  }

  private readonly onPong = (): void => {
    this.missed = 0;
  };

  private schedule(): void {
    this.timer = this.clock.setTimeout(() => {
      if (this.missed++ >= MAX_MISSED) return this.socket.terminate();
      if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
      this.schedule();
    }, this.intervalMs);
  }
}
