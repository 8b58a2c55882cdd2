import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';

async function press(call: ConversationHarness, keys: string, everyMs = 300): Promise<void> {
  for (const key of keys) {
    call.pipeline.pushDtmf(key);
    await call.quiet(everyMs);
  }
}

/** What the model got as the caller's words, turn by turn. */
const heard = (call: ConversationHarness): unknown[] =>
  call.llm.requests.map(({ messages }) => messages.at(-1)?.content);

describe('keys', () => {
  it('are one turn, ended by #', async () => {
    const call = await ConversationHarness.start();
    await press(call, '4242#');
    expect(heard(call)).toEqual(['4242']);
    expect(call.wire.events('generation_started')).toMatchObject([{ turn_id: 'turn_1' }]);
  });

  it('start over with *', async () => {
    const call = await ConversationHarness.start();
    await press(call, '99*4242#');
    expect(heard(call)).toEqual(['4242']);
  });

  it('are ended by a pause of two seconds', async () => {
    const call = await ConversationHarness.start();
    await press(call, '4242', 1900);
    expect(heard(call)).toEqual([]);
    await call.quiet(100);
    expect(heard(call)).toEqual(['4242']);
  });

  it('are ended by as many as the agent asked for, when all of them have the same length', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ expecting: ['pin'] }, 'Your PIN?');
    await call.ask('hello');
    await press(call, '12345');
    expect(heard(call)).toEqual(['hello', '1234']);
  });

  it('cut into what the agent says, when they are complete', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('You can press one for opening hours, or two for your balance.');
    call.pipeline.pushText('hello');
    await call.quiet(500);
    await press(call, '2');
    expect(call.wire.events('generation_complete')).toEqual([]);
    await press(call, '#');
    expect(call.wire.events('generation_complete')).toMatchObject([{ outcome: 'interrupted' }]);
    expect(heard(call)).toEqual(['hello', '2']);
  });

  it('are not more than 32 for one turn', async () => {
    const call = await ConversationHarness.start();
    await press(call, '1'.repeat(40), 20);
    expect(heard(call)).toEqual(['1'.repeat(32)]);
  });
});
