import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '../kernel/errors.js';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

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
      llm_first_sentence_ms: 50,
      tts_first_byte_ms: 90,
      voice_to_voice_ms: 500 + 70 + 150 + 50 + 90,
    });
    expect(emitted).toEqual([
      { sessionId: call.pipeline.id, outcome: 'completed', source: 'voice', usedTools: false, metrics },
    ]);
  });

  it('to a typed turn have no part in speech', async () => {
    const call = await ConversationHarness.start();
    expect((await call.ask('hello')).metrics).toEqual({
      llm_first_token_ms: 0,
      llm_first_sentence_ms: 0,
      tts_first_byte_ms: 0,
    });
  });

  it('do not take a word to a caller who waits for the answer', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ waiting: ['One moment.'] })] });
    call.llm.reply({ text: 'There it is.', afterMs: 6000 });
    call.stt.hears({ text: 'where is it', afterMs: 70 });
    await call.speak(600);
    const { metrics } = await call.until('generation_complete');
    expect(call.wire.events('text_stream_stop')[0]).toMatchObject({ text: 'One moment.' });
    expect(metrics).toMatchObject({ llm_first_token_ms: 6000 });
    expect(metrics.tts_first_byte_ms).toBeGreaterThanOrEqual(0);
    expect(metrics.voice_to_voice_ms).toBeGreaterThanOrEqual(500 + 70 + 6000);
  });

  it('do not take an apology for one', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ error: new ParleyError('llm_failed', 'over quota', true) });
    call.stt.hears({ text: 'where is it', afterMs: 70 });
    await call.speak(600);
    const { outcome, metrics } = await call.until('generation_complete');
    expect(outcome).toBe('failed');
    expect(call.wire.audioMs).toBeGreaterThan(0);
    expect(metrics).toEqual({ endpointing_ms: 500, stt_final_ms: 70 });
  });

  it('say nothing about the model where it has said nothing', async () => {
    const greeting = { text: 'Welcome.', interruptible: true };
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting })] });
    expect((await call.until('generation_complete')).metrics).toEqual({ tts_first_byte_ms: 0 });
  });

  it('count the words of the model that is heard, not of the one that has failed', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Your bal', { restart: true }, { text: 'It is five hundred.', afterMs: 700 });
    expect((await call.ask('hello')).metrics).toMatchObject({ llm_first_token_ms: 700, llm_first_sentence_ms: 0 });
  });
});
