import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

/** A call in which `block` takes two seconds, and the caller types something after one. */
async function interruptedTool(interruptible: boolean) {
  const signals: AbortSignal[] = [];
  const call: ConversationHarness = new ConversationHarness({
    agents: [testAgent({ tools: ['block'] })],
    tools: [
      testTool(
        'block',
        async (_, signal) => {
          signals.push(signal);
          await call.clock.delay(2000, signal);
          return { result: { blocked: true } };
        },
        { interruptible },
      ),
    ],
  });
  await call.start();
  call.llm.reply('One moment. ', { tool: 'block' }).reply('It is blocked.');
  call.pipeline.pushText('block my card');
  await call.quiet(1000);
  call.pipeline.pushText('wait');
  await call.until('generation_complete', (event) => event.generation_id === 'gen_2');
  return { call, signal: signals[0]! };
}

describe('a tool under a barge-in', () => {
  it('that must not stop half-way finishes, and the next answer knows its result', async () => {
    const { call } = await interruptedTool(false);
    const { wire } = call;
    expect(wire.events('generation_complete')[0]).toMatchObject({ generation_id: 'gen_1', outcome: 'interrupted' });
    expect(wire.timeOf('generation_complete')).toBe(1000);
    expect(wire.events('tool_end')).toMatchObject([{ generation_id: 'gen_1', ok: true, duration_ms: 2000 }]);
    expect(wire.timeOf('generation_started', ({ generation_id }) => generation_id === 'gen_2')).toBe(2000);
    expect(call.llm.requests[1]?.messages.slice(1)).toMatchObject([
      { role: 'user', content: 'block my card' },
      { role: 'assistant', toolCalls: [{ name: 'block' }] },
      { role: 'tool', callId: 'call_1', content: '{"blocked":true}' },
      { role: 'user', content: 'wait' },
    ]);
  });

  it('that may be stopped is, and the history says so', async () => {
    const { call, signal } = await interruptedTool(true);
    expect(signal.aborted).toBe(true);
    expect(call.wire.events('tool_end')).toMatchObject([{ ok: false, error: 'barge_in', duration_ms: 1000 }]);
    expect(call.wire.timeOf('generation_started', ({ generation_id }) => generation_id === 'gen_2')).toBe(1000);
    const result = call.llm.requests[1]?.messages.find(({ role }) => role === 'tool');
    expect(JSON.parse(result!.content)).toMatchObject({ code: 'interrupted' });
  });

  it('before it has begun does not run, and its call has a result all the same', async () => {
    let runs = 0;
    const tool = testTool('look', async () => {
      runs++;
      return { result: null };
    });
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['look'] })], tools: [tool] });
    call.llm.reply('Let me have a look at that for you. ', { tool: 'look', afterMs: 1000 }).reply('Fine.');
    call.pipeline.pushText('look');
    await call.quiet(850);
    await call.say('no do not', 600);
    await call.until('generation_complete', (event) => event.generation_id === 'gen_2');
    expect(runs).toBe(0);
    expect(call.wire.events('tool_start')).toEqual([]);
    expect(call.llm.requests[1]?.messages.slice(2, -1)).toMatchObject([
      { role: 'assistant', toolCalls: [{ callId: 'call_1' }] },
      { role: 'tool', callId: 'call_1' },
    ]);
  });
});
