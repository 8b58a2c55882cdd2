import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

describe('a tool that hangs', () => {
  it('is given up after its time-out, whether it listens to its signal or not', async () => {
    const hangs = testTool('hangs', () => new Promise(() => undefined), { timeoutMs: 3000 });
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['hangs'] })], tools: [hangs] });
    call.llm.reply('One moment. ', { tool: 'hangs' }).reply('I cannot reach it.');
    expect(await call.ask('look')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.events('tool_end')).toMatchObject([{ ok: false, duration_ms: 3000 }]);
    expect(JSON.parse(call.llm.requests[1]!.messages.at(-1)!.content)).toMatchObject({ code: 'timeout' });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('does not keep a session from ending, not even one that must not be interrupted', async () => {
    const hangs = testTool('hangs', () => new Promise(() => undefined), { interruptible: false });
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['hangs'] })], tools: [hangs] });
    call.llm.reply({ tool: 'hangs' });
    call.pipeline.pushText('look');
    await call.clock.advance(100);
    await call.hangUp();
    expect(call.pipeline.describe().active_tasks).toMatchObject({ gen_1: 'cancelled' });
    expect(await call.left()).toEqual(nothingLeft);
    expect(call.wire.log.at(-1)).toMatchObject({ kind: 'close', code: 1000 });
  });
});
