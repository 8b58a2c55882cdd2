import { describe, expect, it } from '@jest/globals';
import { nothingLeft } from '../../conversation/testing/conversation-harness.js';
import { testAgent } from '../../conversation/testing/test-agent.js';
import { testTool } from '../../conversation/testing/test-tool.js';
import type { TwilioPlayerOptions } from './testing/twilio-player.js';
import { TwilioHarness } from './testing/twilio-harness.js';

const TEXT = 'Your card ends in four two. It was used in Lisbon on Monday. Shall I block it now?';
const MS_PER_CHARACTER = 50;

/** Words of TEXT whose last character has sounded after so many ms. */
const wordsWithin = (heardMs: number): number =>
  [...TEXT.matchAll(/\S+/g)].filter((word) => (word.index + word[0].length) * MS_PER_CHARACTER <= heardMs).length;
const wordsOf = (text: string): number => text.split(/\s+/).filter(Boolean).length;

/** A call in which the caller has already heard something. */
async function started(player: TwilioPlayerOptions): Promise<TwilioHarness> {
  const twilio = await TwilioHarness.start(player, { tts: { msPerCharacter: MS_PER_CHARACTER } });
  twilio.answer('Hello.');
  await twilio.call.clock.advance(3000);
  twilio.player.heardMs = 0;
  return twilio;
}

/** What the model is told that it has said last. */
async function remembered({ call }: TwilioHarness): Promise<string> {
  const said = (await call.told()).filter(({ role }) => role === 'assistant').at(-1)?.content ?? '';
  return said === 'Hello.' ? '' : said;
}

describe('the history of a call through Twilio, after a barge-in', () => {
  describe.each([
    ['in time', {}],
    ['half a second late', { delayMs: 500 }],
    ['a second late', { delayMs: 1000 }],
    ['at four fifths of the speed', { stretch: 1.25 }],
    ['late and slowly', { delayMs: 300, stretch: 1.1 }],
    ['until the line stalls after half a second', { stallsAfterMs: 500 }],
  ])('with a caller who hears everything %s', (_, player) => {
    it.each([900, 1500, 2100, 2700, 3300])(
      'holds what was really heard after %d ms, give or take a word',
      async (afterMs) => {
        const twilio = await started(player);
        twilio.answer(TEXT);
        await twilio.call.clock.advance(afterMs);
        const { heardMs } = twilio.player;
        twilio.call.pipeline.interrupt();
        expect(twilio.player.messages('clear')).toHaveLength(1);
        const history = await remembered(twilio);
        expect(TEXT.startsWith(history)).toBe(true);
        expect(Math.abs(wordsOf(history) - wordsWithin(heardMs))).toBeLessThanOrEqual(1);
      },
    );
  });

  it('goes by the clock when no mark ever comes back', async () => {
    const twilio = await TwilioHarness.start({ echoes: false });
    twilio.answer(TEXT);
    await twilio.call.clock.advance(2000);
    twilio.call.pipeline.interrupt();
    expect(Math.abs(wordsOf(await remembered(twilio)) - wordsWithin(2000))).toBeLessThanOrEqual(1);
  });

  it('is right after a false barge-in too, when the agent went on from where the caller stopped hearing', async () => {
    const twilio = await started({ delayMs: 400 });
    const { call, player } = twilio;
    twilio.answer(TEXT);
    await call.quiet(1600);
    // Heard as nothing.
    await call.speak(200);
    const atClearMs = player.heardMs;
    expect(player.messages('clear')).toHaveLength(1);
    while (player.markNames.every((name) => name.endsWith(':0'))) await call.quiet(20);
    await call.quiet(1800);
    call.pipeline.interrupt();
    expect(player.heardMs).toBeGreaterThan(atClearMs + 1000);
    // The player counts what it has played in all; the agent began again where it was cleared, give or take a frame.
    expect(Math.abs(wordsOf(await remembered(twilio)) - wordsWithin(player.heardMs))).toBeLessThanOrEqual(1);
  });

  it('does not take marks that a clear dropped for heard audio', async () => {
    const twilio = await started({ delayMs: 1000 });
    const { call, player } = twilio;
    twilio.answer(TEXT);
    await call.quiet(1400);
    await call.speak(200);
    // At the clear the player sent back marks of audio that it had not played.
    const [, sent] = player.markNames.at(-1)!.split(':').map(Number);
    expect(sent).toBeGreaterThan(player.heardMs + 400);
    const { heardMs } = player;
    call.pipeline.interrupt();
    expect(Math.abs(wordsOf(await remembered(twilio)) - wordsWithin(heardMs))).toBeLessThanOrEqual(1);
  });
});

describe('an agent that ends the call', () => {
  it.each([0, 300, 900])('is heard to the end by a caller who hears it %d ms late', async (delayMs) => {
    const hangUp = testTool('hang_up', async () => ({ result: {}, effect: { type: 'end', reason: 'done' } }));
    const twilio = await TwilioHarness.start(
      { delayMs },
      { agents: [testAgent({ tools: ['hang_up'] })], tools: [hangUp] },
    );
    const { call, player } = twilio;
    call.llm.reply('One moment. ', { tool: 'hang_up' }).reply('Goodbye, and thank you for calling us.');
    call.pipeline.pushText('bye');
    let heardMs = 0;
    while (player.closes.length === 0) {
      heardMs = player.heardMs;
      await call.clock.advance(20);
    }
    expect(player.closes).toEqual([{ code: 1000, reason: 'completed' }]);
    expect(player.messages('media').length * 20 - heardMs).toBeLessThanOrEqual(60);
    player.end();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
