import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a recogniser', () => {
  it('that fails makes a turn that was not understood, and hears the next one', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Sorry, what was that?').reply('Right.');
    call.stt.hears({ error: 'connection lost' });
    await call.speak(600);
    await call.until('generation_complete');
    expect(call.wire.events('error')).toEqual([
      { type: 'error', code: 'stt_failed', message: 'The recogniser failed', retryable: true },
    ]);
    expect(call.llm.requests[0]?.messages.at(-1)).toEqual({ role: 'user', content: '', rejected: true });
    await call.say('hello');
    await call.until('generation_complete', () => true, 1);
    expect(call.llm.requests[1]?.messages.at(-1)).toEqual({ role: 'user', content: 'hello' });
  });

  it('that fails while the caller speaks hears the rest as the next utterance', async () => {
    const call = await ConversationHarness.start();
    await call.speak(400);
    call.stream.fail('connection lost');
    call.stt.hears('and the rest of it');
    await call.speak(600);
    await call.until('transcription_finished', ({ text }) => text === 'and the rest of it');
    expect(call.wire.events('speech_started')).toHaveLength(2);
    expect(call.wire.events('speech_stopped')).toHaveLength(2);
  });

  it('that never answers is given up, and hears the next utterance', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears({ byHand: true }, 'hello');
    await call.speak(600);
    await call.until('error', ({ code }) => code === 'stt_failed');
    await call.until('generation_complete');
    await call.speak(600);
    await call.until('transcription_finished', ({ text }) => text === 'hello');
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
