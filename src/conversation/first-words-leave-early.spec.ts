import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

/** The text of each synthesis request and when it was made, ms after the turn. */
async function requests(pieces: readonly { text: string; afterMs?: number }[]): Promise<[string, number][]> {
  const call = await ConversationHarness.start({ tts: { msPerCharacter: 1 } });
  call.llm.reply(...pieces);
  call.pipeline.pushText('hello');
  const made: [string, number][] = [];
  for (let passedMs = 0; call.wire.events('generation_complete').length === 0; passedMs += 10) {
    await call.clock.advance(passedMs === 0 ? 0 : 10);
    for (const { text } of call.tts.requests.slice(made.length)) made.push([text, passedMs]);
  }
  return made;
}

describe('the first words of an answer', () => {
  it('leave at a clause mark once there are 25 characters', async () => {
    const made = await requests([
      { text: 'I have found your account, ' },
      { text: 'and ', afterMs: 50 },
      { text: 'the balance is fine.', afterMs: 500 },
    ]);
    expect(made).toEqual([
      ['I have found your account, ', 50],
      ['and the balance is fine.', 550],
    ]);
  });

  it('leave after 250 ms without one, at the end of a word', async () => {
    const made = await requests([{ text: 'Let me have a loo' }, { text: 'k at that.', afterMs: 600 }]);
    expect(made).toEqual([
      ['Let me have a ', 250],
      ['look at that.', 600],
    ]);
  });

  it('leave as soon as there are enough, if there were too few after 250 ms', async () => {
    const made = await requests([
      { text: 'Let ' },
      { text: 'me have a look', afterMs: 400 },
      { text: ' at that.', afterMs: 600 },
    ]);
    expect(made).toEqual([
      ['Let me have a ', 400],
      ['look at that.', 1000],
    ]);
  });

  it('leave at once when the sentence is complete', async () => {
    const made = await requests([{ text: 'Yes. ' }, { text: 'It', afterMs: 20 }, { text: ' is.', afterMs: 100 }]);
    expect(made).toEqual([
      ['Yes. ', 20],
      ['It is.', 120],
    ]);
  });
});
