import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

describe('the metrics of an answer', () => {
  it('to speech tell where its time went', async () => {
    const call = await ConversationHarness.start({ tts: { firstChunkAfterMs: 90 } });
    const emitted: unknown[] = [];
    call.bus.on('generation.completed', (event) => emitted.push(event));
    call.llm.reply({ text: 'There it is. ', afterMs: 150 }, { text: 'Yes.', afterMs: 50 });
    call.stt.hears({ text: 'where is it', afterMs: 70 });
    await call.speak(600);
    const { metrics } = await call.until('generation_complete');
    expect(metrics).toEqual({
      endpointing_ms: 500,
      stt_final_ms: 70,
      llm_first_token_ms: 150,
      tts_first_byte_ms: 90,
      voice_to_voice_ms: 500 + 70 + 150 + 50 + 90,
    });
    expect(emitted).toEqual([
      { sessionId: call.pipeline.id, outcome: 'completed', source: 'voice', usedTools: false, metrics },
    ]);
  });

  it('to a typed turn have no part in speech', async () => {
    const call = await ConversationHarness.start();
    expect((await call.ask('hello')).metrics).toEqual({ llm_first_token_ms: 0, tts_first_byte_ms: 0 });
  });
});
