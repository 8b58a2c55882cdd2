import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { DEAR_MESSAGE, MessagePace, type PaceVerdict } from './message-pace.js';

async function verdicts(perSecond: number, count: number, everyMs: number, cost = 1): Promise<PaceVerdict[]> {
  const clock = new ManualClock();
  const pace = new MessagePace(clock, perSecond);
  const all: PaceVerdict[] = [];
  for (let sent = 0; sent < count; sent++) {
    all.push(pace.take(cost));
    await clock.advance(everyMs);
  }
  return all;
}

describe('messages of a client', () => {
  it('may come at the pace for ever, and ten seconds’ worth at once', async () => {
    expect(new Set(await verdicts(20, 2000, 50))).toEqual(new Set(['take']));
    expect(new Set(await verdicts(20, 200, 0))).toEqual(new Set(['take']));
  });

  it('are lost beyond that, which the client is told once, and who goes on is closed', async () => {
    const all = await verdicts(20, 401, 0);
    const count = (verdict: PaceVerdict): number => all.filter((each) => each === verdict).length;
    expect([count('take'), count('tell'), count('drop'), count('close')]).toEqual([200, 1, 199, 1]);
    expect([all[200], all[400]]).toEqual(['tell', 'close']);
  });

  it('are taken again when the client has slowed down', async () => {
    const clock = new ManualClock();
    const pace = new MessagePace(clock, 20);
    for (let sent = 0; sent < 210; sent++) pace.take();
    await clock.advance(1000);
    expect(pace.take()).toBe('take');
  });

  it('that make the agent speak count five times', async () => {
    expect((await verdicts(20, 41, 0, DEAR_MESSAGE)).indexOf('tell')).toBe(40);
  });

  it('are not counted without a limit', async () => {
    expect(new Set(await verdicts(0, 10_000, 0))).toEqual(new Set(['take']));
  });
});
