import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { PusherReach } from './pusher-reach.js';

describe('how long the pusher has been away', () => {
  let clock: ManualClock;
  let reach: PusherReach;
  let links: number;
  beforeEach(() => {
    clock = new ManualClock();
    links = 1;
    reach = new PusherReach(clock, () => links > 0);
  });

  const minutes = (count: number): Promise<void> => clock.advance(count * 60_000);

  it('is not known before the first attempt, and counts from the first one that fails', async () => {
    await minutes(1);
    expect(reach.awayMs).toBe(0);
    reach.failed();
    await minutes(2);
    reach.failed();
    await minutes(3);
    expect(reach.awayMs).toBe(5 * 60_000);
    reach.connected();
    expect(reach.awayMs).toBe(0);
  });

  it('counts from the loss of the last connection', async () => {
    reach.connected();
    reach.connected();
    await minutes(1);
    reach.lost(false);
    reach.failed();
    await minutes(1);
    expect(reach.awayMs).toBe(0);
    reach.lost(false);
    await minutes(1);
    expect(reach.awayMs).toBe(60_000);
  });

  it('does not count from an end that was wished', async () => {
    reach.connected();
    reach.lost(true);
    await minutes(1);
    expect(reach.awayMs).toBe(0);
  });

  it('goes on between short calls, but not when nobody has tried for minutes', async () => {
    reach.failed();
    links = 0;
    await minutes(4);
    expect(reach.awayMs).toBe(4 * 60_000);
    links = 1;
    reach.failed();
    links = 0;
    await minutes(4);
    expect(reach.awayMs).toBe(8 * 60_000);
    await minutes(2);
    expect(reach.awayMs).toBe(0);
  });

  it('goes on as long as somebody wants it, however seldom they try', async () => {
    reach.failed();
    await minutes(20);
    expect(reach.awayMs).toBe(20 * 60_000);
  });
});
