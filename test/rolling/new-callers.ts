import { setTimeout as pause } from 'node:timers/promises';
import { Line } from './line.js';

/** Somebody calls every so often, hears that the session has begun and hangs up. */
export class NewCallers {
  readonly refusals: string[] = [];
  readonly places: string[] = [];
  slowestMs = 0;
  private readonly ending = new AbortController();
  private readonly calling: Promise<void>;

  constructor(
    private readonly url: string,
    everyMs: number,
  ) {
    this.calling = this.run(everyMs);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.calling;
  }

  private async run(everyMs: number): Promise<void> {
    while (!this.ending.signal.aborted) {
      const startedAt = performance.now();
      const nothing = (): void => undefined;
      const line = await Line.dial(this.url, '', nothing, nothing);
      if (typeof line === 'string') this.refusals.push(line);
      else {
        const started = await line.find('the session', (events) =>
          events.find((event) => event.type === 'session_started'),
        );
        this.places.push(line.place);
        if (!started) this.refusals.push(`closed ${line.code}`);
        line.say({ type: 'end' });
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
      await pause(everyMs);
    }
  }
}
