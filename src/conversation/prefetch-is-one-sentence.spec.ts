import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

describe('while a sentence plays', () => {
  it('the next one is synthesised, and no more than that', async () => {
    const call = await ConversationHarness.start();
    // One second each.
    const sentences = ['Number one is now.. ', 'Number two is now.. ', 'Number three is it. ', 'Number four is it.'];
    call.llm.reply(...sentences);
    call.pipeline.pushText('hello');
    const requested: number[] = [];
    for (let second = 0; second < 4; second++) {
      await call.quiet(500);
      requested.push(call.tts.requests.length);
      await call.quiet(500);
    }
    expect(requested).toEqual([2, 3, 4, 4]);
    expect(await call.until('generation_complete')).toMatchObject({ outcome: 'completed' });
    // Nothing ran dry.
    expect(call.wire.events('audio_stream_start')).toHaveLength(1);
    expect(call.wire.timeOf('generation_complete')).toBeLessThanOrEqual(3900);
  });
});
