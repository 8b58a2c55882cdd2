import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('speech hints', () => {
  it('are those of the question as soon as the model has asked it, before it was heard', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ expecting: ['pin'] }, 'And what is your four digit telephone PIN?');
    call.pipeline.pushText('balance');
    await call.quiet(300);
    expect(call.wire.events('generation_complete')).toEqual([]);
    call.stt.hears('one two three four');
    await call.speak(800);
    expect(call.stream.hints.at(-1)?.answers).toEqual(['pin']);
    await call.until('transcription_finished');
    expect(call.wire.events('generation_complete')).toMatchObject([{ outcome: 'interrupted' }]);
  });

  it('are prepared one at a time, and the newest ones last', async () => {
    const call = await ConversationHarness.start();
    let ready: () => void = () => undefined;
    call.stream.preparing = new Promise((resolve) => (ready = resolve));
    call.llm
      .reply({ expecting: ['pin'] }, 'PIN?')
      .reply({ expecting: ['sure'] }, 'Sure?')
      .reply({ expecting: [] }, 'Fine.');
    for (const text of ['one', 'two', 'three']) await call.ask(text);
    expect(call.stream.prepared.map((id) => id.split(':')[1])).toEqual(['open', 'pin']);
    expect(call.pipeline.describe().active_tasks).toMatchObject({ hints: 'running' });
    ready();
    await call.clock.advance(0);
    expect(call.stream.prepared.map((id) => id.split(':')[1])).toEqual(['open', 'pin', 'open']);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('that are being prepared keep the recogniser from going to another session', async () => {
    const call = await ConversationHarness.start();
    let ready: () => void = () => undefined;
    call.stream.preparing = new Promise((resolve) => (ready = resolve));
    call.llm.reply({ expecting: ['pin'] }, 'PIN?');
    await call.ask('balance');
    const closed = call.pipeline.close('hangup');
    await call.clock.advance(100);
    expect(call.speech.givenBack).toBe(0);
    ready();
    await closed;
    expect(call.speech.givenBack).toBe(1);
    expect(await call.left()).toEqual(nothingLeft);
  });
});
