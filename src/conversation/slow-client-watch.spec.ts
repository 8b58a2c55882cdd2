import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { SlowClientWatch } from './slow-client-watch.js';

function setUp() {
  const clock = new ManualClock();
  const client = { backlogMs: 0, tooSlow: 0 };
  const watch = new SlowClientWatch(
    clock,
    () => client.backlogMs,
    () => client.tooSlow++,
  );
  return { clock, client, watch };
}

describe('a client', () => {
  it('is behind with more than two seconds to take, and too slow after five seconds of it, once', async () => {
    const { clock, client, watch } = setUp();
    client.backlogMs = 2000;
    expect(watch.behind).toBe(false);
    client.backlogMs = 2001;
    expect(watch.behind).toBe(true);
    await clock.advance(4900);
    expect(client.tooSlow).toBe(0);
    await clock.advance(100);
    expect(client.tooSlow).toBe(1);
    expect(watch.behind).toBe(true);
    await clock.advance(60_000);
    expect(client.tooSlow).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('has five seconds again once it has caught up, even if nobody asked in the meantime', async () => {
    const { clock, client, watch } = setUp();
    client.backlogMs = 9000;
    expect(watch.behind).toBe(true);
    await clock.advance(4000);
    client.backlogMs = 500;
    await clock.advance(100);
    expect(clock.pending).toBe(0);
    client.backlogMs = 9000;
    expect(watch.behind).toBe(true);
    await clock.advance(4900);
    expect(client.tooSlow).toBe(0);
    watch.close();
    await clock.advance(60_000);
    expect(client.tooSlow).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
