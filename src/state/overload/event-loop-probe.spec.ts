import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../kernel/clock.js';
import { NodeEventLoopProbe } from './event-loop-probe.js';

const WINDOW_MS = 100;

describe('the event loop probe', () => {
  const clock = new SystemClock();
  let probe: NodeEventLoopProbe;
  beforeEach(() => {
    probe = new NodeEventLoopProbe(WINDOW_MS, clock);
    probe.start();
  });
  afterEach(() => probe.stop());

  /** One window, in which the loop is blocked for `blockedMs` in the middle. */
  async function window(blockedMs = 0): Promise<number> {
    await clock.delay(WINDOW_MS / 2);
    const until = clock.now() + blockedMs;
    while (clock.now() < until);
    await clock.delay(WINDOW_MS / 2);
    return probe.read();
  }

  it('does not count one pause, but the second one, for as long as it is among the last four windows', async () => {
    const quiet = await window();
    await window(300);
    expect(await window(200)).toBeGreaterThan(150);
    expect(await window(0)).toBeGreaterThan(150);
    expect(await window(0)).toBeGreaterThan(150);
    expect(quiet).toBe(0);
  });

  it('sees a loop that is blocked for longer than a window, each time', async () => {
    for (let i = 0; i < 2; i++) {
      const until = clock.now() + 3 * WINDOW_MS;
      while (clock.now() < until);
      await clock.delay(0);
      if (i === 0) probe.read();
    }
    expect(probe.read()).toBeGreaterThan(WINDOW_MS);
  });
});
