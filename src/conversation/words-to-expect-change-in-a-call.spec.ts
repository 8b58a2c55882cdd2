import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('words to expect', () => {
  it('reach the recogniser with the hints of the agent, and count from the next utterance after a change', async () => {
    const call = new ConversationHarness({ config: { greeting: false } });
    const expectedWords = async (): Promise<readonly string[] | undefined> => {
      call.llm.reply('Yes.');
      await call.say('are you there');
      await call.until('generation_complete', () => true, call.stream.hints.length - 1);
      return call.stream.hints.at(-1)!.bias;
    };
    call.expectWords('Kowalczyk');
    await call.start();
    expect(await expectedWords()).toEqual(['Kowalczyk']);
    call.expectWords('Kowalczyk', 'Nguyen');
    await call.clock.advance(0);
    expect(await expectedWords()).toEqual(['Kowalczyk', 'Nguyen']);
    expect(await expectedWords()).toEqual(['Kowalczyk', 'Nguyen']);
    call.expectWords();
    await call.clock.advance(0);
    expect(await expectedWords()).toBeUndefined();
    await call.hangUp();
    call.expectWords('too late');
    expect(await call.left()).toEqual(nothingLeft);
  });
});
