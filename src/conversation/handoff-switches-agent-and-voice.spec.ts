import { describe, expect, it } from '@jest/globals';
import { HandoffToAgentTool } from '../tools/builtin/handoff-to-agent.tool.js';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

describe.each(['discrete', 'announced'] as const)('a %s handoff', (kind) => {
  it('goes on within the turn with the other agent: prompt, voice, tools and speech hints', async () => {
    const call = await ConversationHarness.start({
      agents: [
        testAgent({ tools: ['handoff_to_agent'] }),
        testAgent({ name: 'fraud', voice: { name: 'drone', rate: 1.1, pitch: -2 } }),
      ],
      handoffs: [{ from: 'desk', to: 'fraud', when: 'A card was stolen', kind }],
      tools: [new HandoffToAgentTool()],
    });
    call.llm
      .reply('I will put you through. ', { tool: 'handoff_to_agent', arguments: { target: 'fraud', reason: 'stolen' } })
      .reply('This is the fraud desk.');
    await call.ask('my card was stolen');
    expect(call.wire.events('handoff')).toEqual([
      { type: 'handoff', from: 'desk', to: 'fraud', reason: 'stolen', kind },
    ]);
    expect(call.wire.events('text_stream_start').map(({ agent }) => agent)).toEqual(['desk', 'fraud']);
    expect(call.llm.requests.map(({ messages }) => messages[0]?.content)).toEqual(['You are desk.', 'You are fraud.']);
    expect(call.llm.requests.map(({ tools }) => tools.length)).toEqual([1, 0]);
    expect(call.tts.requests.map(({ voice, rate, pitch }) => [voice, rate, pitch])).toEqual([
      ['hum', 1, 0],
      ['drone', 1.1, -2],
    ]);
    expect(call.stream.prepared[0]).toMatch(/^desk:/);
    expect(call.stream.prepared.at(-1)).toMatch(/^fraud:/);
    expect(call.pipeline.describe()).toMatchObject({ agent: 'fraud' });
    expect(call.wire.events('generation_started')).toHaveLength(1);
  });
});
