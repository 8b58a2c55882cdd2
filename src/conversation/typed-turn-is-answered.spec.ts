import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a typed turn', () => {
  it('is answered in the order of the protocol, and leaves nothing behind', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Hello there. ', 'How are you?');
    const complete = await call.ask('hello');
    expect(complete).toMatchObject({ generation_id: 'gen_1', outcome: 'completed' });
    expect(call.wire.types).toEqual([
      'session_started',
      'generation_started',
      'text_stream_start',
      'text_chunk',
      'text_stream_stop',
      'audio_stream_start',
      'audio_stream_stop',
      'generation_complete',
    ]);
    // "Hello there." and "How are you?", 50 ms a character.
    expect(call.wire.audioMs).toBe(1200);
    expect(call.pipeline.describe().active_tasks).toMatchObject({
      turns: 'running',
      speaking: 'running',
      gen_1: 'completed',
    });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
