import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a session in which nothing is said', () => {
  it('is closed with 1001 after the idle time, counted from the last thing that happened', async () => {
    const call = await ConversationHarness.start({ voice: { idleTimeoutMs: 30_000 } });
    await call.clock.advance(20_000);
    await call.say('hello');
    const complete = await call.until('generation_complete');
    expect(complete.outcome).toBe('completed');
    const completedAt = call.clock.now();
    await call.clock.advance(40_000);
    expect(call.wire.closed).toEqual({ code: 1001, reason: 'idle' });
    expect(call.wire.timeOf('session_ended')! - completedAt).toBeGreaterThan(29_000);
    expect(call.wire.events('session_ended')).toMatchObject([{ reason: 'idle', turns: 1 }]);
    expect(await call.left()).toEqual(nothingLeft);
  });
});
