import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { AudioMeter } from './audio-meter.js';

const FRAME_MS = 20;

function meterOf(rate: number, sources = 1) {
  const clock = new ManualClock();
  let told = 0;
  const meter = new AudioMeter({ clock, rate, sources, account: undefined, onTooFast: () => told++ });
  const send = async (times: number, totalMs: number): Promise<number> => {
    let heardMs = 0;
    for (let sent = 0; sent < totalMs; sent += FRAME_MS) {
      await clock.advance(FRAME_MS / times);
      if (meter.take(FRAME_MS)) heardMs += FRAME_MS;
    }
    return heardMs;
  };
  return { meter, clock, send, told: () => told };
}

describe('audio that comes faster than it can have been said', () => {
  it('is heard at up to 1.5 times real time, for ever', async () => {
    const { send, told } = meterOf(1.5);
    expect(await send(1.5, 120_000)).toBe(120_000);
    expect(told()).toBe(0);
  });

  it('is heard for half a minute, and then as much of it as can have been said', async () => {
    const { send, told } = meterOf(1.5);
    const heardMs = await send(10, 300_000);
    // 30 s of real time: 45 s at 1.5 times, and 30 s at once.
    expect(heardMs).toBeGreaterThan(74_000);
    expect(heardMs).toBeLessThanOrEqual(75_020);
    expect(told()).toBe(1);
  });

  it('may come for two sources twice as fast', async () => {
    const { send } = meterOf(1.5, 2);
    expect(await send(3, 120_000)).toBe(120_000);
  });

  it('may be any with 0', async () => {
    const { meter } = meterOf(0);
    expect(meter.take(1e12)).toBe(true);
  });
});
