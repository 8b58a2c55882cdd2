import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

const TEXT = 'Your card ends in four two. It was used in Lisbon on Monday. Shall I block it now?';
const MS_PER_CHARACTER = 50;

/** Words of TEXT whose last character has sounded after so many ms. */
const wordsWithin = (heardMs: number): number =>
  [...TEXT.matchAll(/\S+/g)].filter((word) => (word.index + word[0].length) * MS_PER_CHARACTER <= heardMs).length;
const wordsOf = (text: string | undefined): number => (text ?? '').split(/\s+/).filter(Boolean).length;

describe.each([
  ['with marks', true],
  ['without marks', false],
])('the history after a barge-in, %s', (_, marks) => {
  it.each([100, 700, 1300, 1900, 2500, 3600])(
    'holds what was heard after %d ms, give or take a word',
    async (heardMs) => {
      const call = await ConversationHarness.start({ tts: { marks, msPerCharacter: MS_PER_CHARACTER } });
      call.llm.reply(TEXT);
      call.pipeline.pushText('my card');
      await call.clock.advance(heardMs);
      call.pipeline.interrupt();
      const [clear] = call.wire.events('audio_clear');
      expect(clear?.heard_ms).toBe(heardMs);
      const history = await call.told();
      const remembered = history.find(({ role }) => role === 'assistant')?.content;
      expect(TEXT.startsWith(remembered ?? '')).toBe(true);
      expect(remembered ?? '').toBe(clear?.heard_text);
      expect(Math.abs(wordsOf(remembered) - wordsWithin(heardMs))).toBeLessThanOrEqual(1);
    },
  );

  it('believes a client that says it has played less', async () => {
    const call = await ConversationHarness.start({ tts: { marks } });
    call.llm.reply(TEXT);
    call.pipeline.pushText('my card');
    await call.clock.advance(2000);
    call.pipeline.reportPlayback('gen_1', 1500);
    await call.clock.advance(100);
    call.pipeline.reportPlayback('gen_7', 0);
    call.pipeline.interrupt();
    expect(call.wire.events('audio_clear')[0]?.heard_ms).toBe(1600);
    const remembered = (await call.told()).find(({ role }) => role === 'assistant')?.content;
    expect(Math.abs(wordsOf(remembered) - wordsWithin(1600))).toBeLessThanOrEqual(1);
  });
});

describe('the history after a barge-in into a sentence that is still being made, without marks', () => {
  it.each([700, 1300, 1900, 3600])(
    'has words of what was heard after %d ms, and none that was not',
    async (heardMs) => {
      const tts = { marks: false, msPerCharacter: MS_PER_CHARACTER, speed: 1 };
      const call = await ConversationHarness.start({ tts });
      call.llm.reply(TEXT);
      call.pipeline.pushText('my card');
      await call.clock.advance(heardMs);
      call.pipeline.interrupt();
      const remembered = wordsOf((await call.told()).find(({ role }) => role === 'assistant')?.content);
      expect(remembered).toBeLessThanOrEqual(wordsWithin(heardMs) + 1);
      // The first sentence's pace is only guessed.
      expect(remembered).toBeGreaterThanOrEqual(Math.floor(wordsWithin(heardMs) / 2));
      expect(remembered).toBeGreaterThan(0);
    },
  );
});

describe('the history', () => {
  it('has nothing of an answer of which nothing was heard', async () => {
    const call = await ConversationHarness.start({ tts: { firstChunkAfterMs: 1000 } });
    call.llm.reply(TEXT);
    call.pipeline.pushText('my card');
    await call.clock.advance(500);
    call.pipeline.interrupt();
    expect(call.wire.events('audio_clear')).toEqual([]);
    expect(await call.told()).toEqual([{ role: 'user', content: 'my card' }]);
  });

  it('has all of an answer that was interrupted after a false barge-in, up to the second one', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(TEXT);
    call.pipeline.pushText('my card');
    await call.quiet(800);
    await call.speak(200);
    await call.until('audio_stream_start', () => true, 1);
    const resumedAtMs = call.wire.events('audio_clear')[0]!.heard_ms;
    await call.quiet(1000);
    call.pipeline.interrupt();
    const clear = call.wire.events('audio_clear')[1]!;
    expect(Math.abs(clear.heard_ms - resumedAtMs - 1000)).toBeLessThanOrEqual(20);
    const remembered = (await call.told()).find(({ role }) => role === 'assistant')?.content;
    expect(Math.abs(wordsOf(remembered) - wordsWithin(clear.heard_ms))).toBeLessThanOrEqual(1);
  });
});
