import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

describe('what is kept of a call', () => {
  it('is what the caller said, what they heard, and which tools ran', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ greeting: { text: 'Hello.', interruptible: true }, tools: ['look_up', 'broken'] })],
      tools: [
        testTool('look_up', async () => ({ result: 1 })),
        testTool('broken', () => Promise.reject(new Error('no'))),
      ],
    });
    await call.until('generation_complete');
    call.llm.reply('Let me see. ', { tool: 'look_up' }, { tool: 'broken' }).reply('It is one.');
    await call.say('how much is it');
    await call.until('generation_complete', ({ generation_id }) => generation_id === 'gen_2');
    call.llm.reply('One two three four five six seven eight nine ten.');
    call.pipeline.pushText('count');
    await call.quiet(900);
    call.pipeline.interrupt();
    await call.quiet(100);
    await call.hangUp();
    const last = call.records.at(-1)!;
    expect(last).toMatchObject({
      id: call.pipeline.id,
      tenant: 'acme',
      scenario: 'test',
      agent: 'desk',
      status: 'completed',
      endReason: 'hangup',
    });
    const told = last.entries.map(({ at_ms, ...entry }) => (at_ms >= 0 ? { ...entry, latency: undefined } : at_ms));
    expect(told).toEqual([
      { id: 'gen_1_m1', role: 'agent', agent: 'desk', text: 'Hello.', outcome: 'completed' },
      { id: 'turn_1', role: 'caller', source: 'voice', text: 'how much is it', rejected: false },
      { id: 'gen_2_m1', role: 'agent', agent: 'desk', text: 'Let me see. ', outcome: 'completed' },
      { id: 'gen_2_call_1', role: 'tool', agent: 'desk', tool: 'look_up', ok: true },
      { id: 'gen_2_call_2', role: 'tool', agent: 'desk', tool: 'broken', ok: false },
      { id: 'gen_2_m2', role: 'agent', agent: 'desk', text: 'It is one.', outcome: 'completed' },
      { id: 'turn_2', role: 'caller', source: 'text', text: 'count', rejected: false },
      { id: 'gen_3_m1', role: 'agent', agent: 'desk', text: expect.stringMatching(/^One two/), outcome: 'interrupted' },
    ]);
    expect(told.at(-1)).not.toMatchObject({ text: expect.stringContaining('ten') });
    const latencies = last.entries.flatMap((entry) => (entry.role === 'agent' ? [entry.latency] : []));
    expect(latencies).toEqual([
      expect.objectContaining({ tts_first_byte_ms: expect.any(Number) }),
      expect.objectContaining({ voice_to_voice_ms: expect.any(Number), llm_first_token_ms: expect.any(Number) }),
      // Of the same answer.
      undefined,
      expect.objectContaining({ tts_first_byte_ms: expect.any(Number) }),
    ]);
    const times = last.entries.map(({ at_ms }) => at_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // And it was kept while the call went on.
    expect(call.records.slice(0, -1).map(({ status }) => status)).toEqual(
      call.records.slice(0, -1).map(() => 'in_progress'),
    );
    expect(call.records.length).toBeGreaterThan(4);
  });

  it('is not what must not be kept; the model gets to know it', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('I have noted 4111 1111 1111 1111.');
    call.pipeline.pushText('my card is 4111 1111 1111 1111, write to ann@example.com');
    await call.until('generation_complete');
    await call.hangUp();
    expect(call.llm.requests.at(-1)!.messages.at(-1)).toMatchObject({ content: expect.stringContaining('4111') });
    expect(call.records.at(-1)!.entries).toMatchObject([
      { role: 'caller', text: 'my card is [card], write to [email]' },
      { role: 'agent', text: 'I have noted [card].' },
    ]);
  });
});
