import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

describe('a backchannel', () => {
  it('does not interrupt: the agent goes on, and nothing is answered', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Our branches are open from nine to five on weekdays.');
    call.pipeline.pushText('when are you open');
    await call.quiet(800);
    await call.say('Okay.', 400);
    expect(await call.until('generation_complete')).toMatchObject({ generation_id: 'gen_1', outcome: 'completed' });
    await call.quiet(1000);
    expect(call.wire.events('generation_started')).toHaveLength(1);
    expect(call.wire.events('transcription_finished')).toHaveLength(1);
    // It fell silent while it was not clear what the caller meant.
    expect(call.wire.events('audio_stream_start')).toHaveLength(2);
  });

  it('does not stop an agent who is looking something up', async () => {
    const look = testTool('look', async (_, signal) => {
      await call.clock.delay(3000, signal);
      return { result: 'found' };
    });
    const call: ConversationHarness = new ConversationHarness({
      agents: [testAgent({ tools: ['look'] })],
      tools: [look],
    });
    await call.start();
    call.llm.reply('One moment.', { tool: 'look' }).reply('Here it is.');
    call.pipeline.pushText('where is it');
    await call.quiet(1000);
    await call.say('okay', 400);
    expect(await call.until('generation_complete')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.events('tool_end')).toMatchObject([{ ok: true }]);
  });

  it('is an answer once the agent has finished', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Shall I block it?').reply('It is blocked.');
    await call.ask('my card was stolen');
    await call.say('okay');
    await call.until('generation_complete', () => true, 1);
    expect(call.llm.requests[1]?.messages.at(-1)).toEqual({ role: 'user', content: 'okay' });
  });

  it('with more words than that interrupts', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Our branches are open from nine to five on weekdays.');
    call.pipeline.pushText('when are you open');
    await call.quiet(800);
    await call.say('okay but on saturdays', 800);
    expect(await call.until('generation_complete')).toMatchObject({ outcome: 'interrupted' });
    expect(await call.until('generation_complete', () => true, 1)).toMatchObject({ outcome: 'completed' });
  });
});
