import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

const texts = (call: ConversationHarness): string[] =>
  call.wire.events('transcription_finished').map(({ text }) => text);

describe('an utterance', () => {
  it('that begins while the final of the one before is to come is heard from its beginning', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears({ text: 'first', afterMs: 1200 }, 'second');
    await call.speak(600);
    await call.quiet(700);
    await call.speak(400);
    expect(call.stream.utterancesMs).toHaveLength(1);
    await call.until('transcription_finished', ({ text }) => text === 'second');
    expect(texts(call)).toEqual(['first', 'second']);
    // 400 ms of speech, up to 300 ms before it, and the silence that ended it.
    expect(call.stream.utterancesMs[1]).toBeGreaterThanOrEqual(700);
  });

  it('that has ended as well by then is not lost', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears({ text: 'first', afterMs: 2500 }, 'second');
    await call.speak(600);
    await call.quiet(600);
    await call.speak(400);
    await call.quiet(600);
    await call.until('transcription_finished', ({ text }) => text === 'second');
    expect(texts(call)).toEqual(['first', 'second']);
    expect(call.wire.events('speech_stopped')).toHaveLength(2);
  });

  it('together with a third one is heard as one', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears({ text: 'first', afterMs: 2500 }, 'second and third');
    await call.speak(400);
    for (let times = 0; times < 2; times++) {
      await call.quiet(540);
      await call.speak(400);
    }
    await call.until('transcription_finished', ({ text }) => text === 'second and third');
    expect(call.stream.utterancesMs[1]).toBeGreaterThanOrEqual(400 + 540 + 400);
  });

  it('that the recogniser ends by itself while the caller goes on leaves the rest to the next one', async () => {
    const call = await ConversationHarness.start();
    await call.speak(800);
    call.stream.final('what is my balance');
    await call.quiet(100);
    expect(call.wire.events('speech_stopped')).toHaveLength(1);
    call.stt.hears('and my card');
    await call.speak(600);
    await call.until('transcription_finished', ({ text }) => text === 'and my card');
    expect(call.wire.events('speech_started')).toHaveLength(2);
    // Not what was heard already.
    expect(call.stream.utterancesMs[1]).toBeLessThanOrEqual(100 + 600 + 520);
  });

  it('that is too long is ended, and the rest is the next one', async () => {
    const call = await ConversationHarness.start({ config: { maxUtteranceMs: 2000 } });
    call.stt.hears('first', 'second');
    await call.speak(3000);
    await call.until('transcription_finished', ({ text }) => text === 'second');
    expect(texts(call)).toEqual(['first', 'second']);
  });

  it('of a client that sends no silence ends two seconds after its last frame', async () => {
    const call = await ConversationHarness.start();
    call.stt.hears('push to talk', 'once more');
    await call.speak(3000);
    await call.clock.advance(2100);
    expect(texts(call)).toEqual(['push to talk']);
    await call.clock.advance(5000);
    await call.speak(600);
    await call.clock.advance(2100);
    expect(texts(call)).toEqual(['push to talk', 'once more']);
    expect(call.wire.events('speech_started')).toHaveLength(2);
  });
});
