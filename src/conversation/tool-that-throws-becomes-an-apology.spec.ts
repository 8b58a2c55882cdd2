import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

describe('a tool that throws', () => {
  it('is told to the model, which can say so; the turn goes on', async () => {
    const broken = testTool('broken', () => Promise.reject(new Error('no line to the bank')));
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['broken'] })], tools: [broken] });
    call.llm.reply({ tool: 'broken' }).reply('I am sorry, that is not working.');
    expect(await call.ask('do it')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.events('tool_end')).toMatchObject([{ tool: 'broken', ok: false, error: 'tool_failed' }]);
    const result = call.llm.requests[1]?.messages.at(-1);
    expect(result).toMatchObject({ role: 'tool', name: 'broken', callId: 'call_1' });
    expect(JSON.parse(result!.content)).toMatchObject({ code: 'tool_failed' });
    expect(call.wire.events('text_stream_stop').map(({ text }) => text)).toEqual(['I am sorry, that is not working.']);
  });

  it('again and again ends in the apology of the agent', async () => {
    const broken = testTool('broken', () => Promise.reject(new Error('no')));
    const call = await ConversationHarness.start({
      agents: [testAgent({ tools: ['broken'] })],
      tools: [broken],
      config: { maxToolRounds: 3 },
    });
    for (let round = 0; round < 4; round++) call.llm.reply({ tool: 'broken' });
    expect(await call.ask('do it')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.events('tool_start')).toHaveLength(3);
    expect(call.wire.events('error')).toMatchObject([{ code: 'llm_failed' }]);
    expect(call.wire.events('text_stream_stop').map(({ text }) => text)).toEqual(['Sorry, that did not work.']);
  });
});
