import { describe, expect, it } from '@jest/globals';
import type { ScriptedTranscript } from '../speech/testing/scripted-stt.js';
import { ConversationHarness } from './testing/conversation-harness.js';

describe('speech', () => {
  it.each<[string, ScriptedTranscript, number]>([
    ['outside the grammar', { text: 'blah', rejected: true }, 600],
    ['of which the recogniser is not sure', { text: 'blah', confidence: 0.2 }, 600],
    ['of which nothing was heard though it was long', { text: '' }, 900],
  ])('%s is a turn that was not understood', async (_, heard, speechMs) => {
    const call = await ConversationHarness.start();
    call.stt.hears(heard);
    await call.speak(speechMs);
    await call.until('generation_started');
    expect(call.wire.events('transcription_finished')).toMatchObject([{ turn_id: 'turn_1', rejected: true }]);
    expect(call.llm.requests[0]?.messages.at(-1)).toEqual({ role: 'user', content: '', rejected: true });
  });

  it.each<[string, ScriptedTranscript, number]>([
    ['too short to be words', { text: 'a', rejected: true }, 200],
    ['of which nothing was heard', { text: '' }, 500],
  ])('%s is taken for a noise', async (_, heard, speechMs) => {
    const call = await ConversationHarness.start();
    call.stt.hears(heard);
    await call.speak(speechMs);
    await call.until('transcription_finished');
    await call.quiet(1000);
    expect(call.llm.requests).toEqual([]);
  });

  it('that was understood is not', async () => {
    const call = await ConversationHarness.start();
    await call.say('what is my balance');
    await call.until('generation_complete');
    expect(call.wire.events('transcription_finished')).toMatchObject([
      { text: 'what is my balance', turn_id: 'turn_1', rejected: false, start_ms: 0, end_ms: 600 },
    ]);
    expect(call.llm.requests[0]?.messages.at(-1)).toEqual({ role: 'user', content: 'what is my balance' });
  });
});
