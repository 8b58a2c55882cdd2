import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

describe('a barge-in', () => {
  it('silences the agent within BARGE_IN_MS, and aborts the model and the synthesiser once there are words', async () => {
    const call = await ConversationHarness.start();
    call.tts.stallsOn('sea');
    call.llm.reply('Let me tell you a long story. ', 'It begins at the sea. ', 'Where', { stall: true }).reply('Sure.');
    call.pipeline.pushText('tell me a story');
    await call.until('audio_stream_start');
    await call.quiet(400);
    const spokeAt = call.clock.now();
    call.stt.hears('stop it please');
    await call.speak(600);
    const clearedAt = call.wire.timeOf('audio_clear')!;
    expect(clearedAt - spokeAt).toBeLessThanOrEqual(140);
    // The model has not finished, and is not interrupted by mere sound.
    expect(call.llm.running).toBe(1);
    await call.quiet(520);
    expect(call.llm).toMatchObject({ aborted: 1 });
    expect(call.tts).toMatchObject({ aborted: 1 });
    const complete = await call.until('generation_complete');
    expect(complete).toMatchObject({ generation_id: 'gen_1', outcome: 'interrupted' });
    expect(complete.metrics.barge_in_stop_ms).toBeLessThanOrEqual(140);
    // One clear, not another one with the words.
    expect(call.wire.events('audio_clear')).toHaveLength(1);
    expect(await call.until('generation_complete', () => true, 1)).toMatchObject({
      generation_id: 'gen_2',
      outcome: 'completed',
    });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is heard before its end when the recogniser is sure of enough words', async () => {
    const call = await ConversationHarness.start({ config: { bargeInMs: 2000 } });
    call.llm.reply('I can tell you a lot about all kinds of things.');
    call.pipeline.pushText('hello');
    await call.quiet(500);
    await call.speak(200);
    call.stream.partial('please stop');
    call.stream.partial('please', true);
    expect(call.wire.events('audio_clear')).toHaveLength(0);
    call.stream.partial('please stop', true);
    expect(call.wire.events('audio_clear')).toHaveLength(1);
  });

  it('does nothing to an agent that may not be interrupted', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ bargeIn: { enabled: false, backchannels: [] } })],
    });
    call.llm.reply('I can tell you a lot about all kinds of things.');
    call.pipeline.pushText('hello');
    await call.quiet(500);
    await call.speak(400);
    expect(call.wire.events('audio_clear')).toHaveLength(0);
  });
});
