import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

const LONG = `${'Something that takes its time to say '.repeat(20)}.`;

describe('a client that does not take its audio', () => {
  it('gets no more made for it, until it does', async () => {
    const call = await ConversationHarness.start({ tts: { chunkAfterMs: 100, chunkMs: 200 } });
    call.llm.reply(LONG);
    call.pipeline.pushText('hello');
    await call.quiet(1000);
    call.wire.backlogMs = 501;
    await call.quiet(300);
    const sent = call.wire.audioMs;
    await call.quiet(10_000);
    // What was made already left; it was less than the five seconds that have passed.
    const paused = call.wire.audioMs;
    expect(paused - sent).toBeLessThan(2500);
    await call.quiet(1000);
    expect(call.wire.audioMs).toBe(paused);
    call.wire.backlogMs = 0;
    await call.quiet(5000);
    expect(call.wire.audioMs - paused).toBeGreaterThan(4500);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is closed with 1013 after five seconds with two seconds of audio to take', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(LONG);
    call.pipeline.pushText('hello');
    await call.quiet(1000);
    const sent = call.wire.audioMs;
    call.wire.backlogMs = 2001;
    await call.quiet(4900);
    expect(call.wire.log.filter((entry) => entry.kind === 'close')).toEqual([]);
    expect(call.wire.audioMs).toBe(sent);
    await call.quiet(300);
    expect(call.wire.log.find((entry) => entry.kind === 'close')).toMatchObject({
      code: 1013,
      reason: 'the client does not keep up',
    });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
