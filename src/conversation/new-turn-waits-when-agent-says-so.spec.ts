import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

describe('an agent with on_new_input: wait', () => {
  it('finishes before it answers the next turn, spoken or typed', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ onNewInput: 'wait' })] });
    call.llm.reply('It takes three to five working days.').reply('Second answer.').reply('Third answer.');
    call.pipeline.pushText('how long does it take');
    await call.quiet(500);
    call.pipeline.pushText('and abroad');
    await call.say('and on sundays');
    await call.until('generation_complete', (event) => event.generation_id === 'gen_3');
    expect(call.wire.events('generation_complete').map(({ outcome }) => outcome)).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
    expect(call.wire.events('generation_started').map(({ turn_id }) => turn_id)).toEqual([
      'turn_1',
      'turn_2',
      'turn_3',
    ]);
    expect(call.llm.requests[2]?.messages.slice(1)).toEqual([
      { role: 'user', content: 'how long does it take' },
      { role: 'assistant', content: 'It takes three to five working days.' },
      { role: 'user', content: 'and abroad' },
      { role: 'assistant', content: 'Second answer.' },
      { role: 'user', content: 'and on sundays' },
    ]);
  });

  it('that interrupts answers the newest turn, and knows all of them', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('One. ', { stall: true }).reply('Two. ', { stall: true }).reply('Three.');
    for (const text of ['first', 'second', 'third']) call.pipeline.pushText(text);
    await call.until('generation_complete', (event) => event.generation_id === 'gen_3');
    expect(call.wire.events('generation_complete').map(({ outcome }) => outcome)).toEqual([
      'interrupted',
      'interrupted',
      'completed',
    ]);
    expect((await call.told()).filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual([
      'first',
      'second',
      'third',
    ]);
  });

  it('takes no more than 20 turns at a time', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ onNewInput: 'wait' })] });
    call.llm.reply({ stall: true });
    await call.clock.advance(0);
    for (let turn = 0; turn < 25; turn++) {
      call.pipeline.pushText(`turn ${turn}`);
      await call.clock.advance(0);
    }
    expect(call.wire.events('error').map(({ code }) => code)).toEqual(['at_capacity', 'at_capacity', 'at_capacity']);
  });
});
