import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

describe('tools of one answer', () => {
  it('run at the same time; the model gets the results in the order of its calls', async () => {
    const call: ConversationHarness = new ConversationHarness({
      agents: [testAgent({ tools: ['slow', 'fast', 'broken'] })],
      tools: [
        testTool('slow', async () => {
          await call.clock.delay(1000);
          return { result: 'slow' };
        }),
        testTool('fast', async () => {
          await call.clock.delay(100);
          return { result: 'fast' };
        }),
        testTool('broken', () => Promise.reject(new Error('no'))),
      ],
    });
    await call.start();
    call.llm.reply({ tool: 'slow' }, { tool: 'fast' }, { tool: 'broken' }).reply('There you are.');
    await call.ask('all of it');
    expect(call.wire.events('tool_end').map(({ tool, duration_ms }) => [tool, duration_ms])).toEqual([
      ['broken', 0],
      ['fast', 100],
      ['slow', 1000],
    ]);
    expect(call.llm.requests[1]?.messages.slice(-3)).toMatchObject([
      { callId: 'call_1', content: '"slow"' },
      { callId: 'call_2', content: '"fast"' },
      { callId: 'call_3', name: 'broken' },
    ]);
  });
});
