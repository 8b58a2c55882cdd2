import { describe, expect, it } from '@jest/globals';
import type { NoInputPolicy } from '../agents/agent.js';
import type { CallEvents } from '../events/event-bus.js';
import { HandoffToAgentTool } from '../tools/builtin/handoff-to-agent.tool.js';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

/** What the bus is told, without the session that it is about. */
function told(call: ConversationHarness, name: keyof CallEvents): unknown[] {
  const events: unknown[] = [];
  call.bus.on(name, (event) => {
    const { sessionId, ...rest } = { sessionId: '', ...event };
    expect(sessionId).toBe(call.pipeline.id);
    events.push(rest);
  });
  return events;
}

describe('the process hears', () => {
  it('of a greeting, and how long the caller had to wait for it', async () => {
    const greeting = { text: 'Welcome.', interruptible: true };
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting })], tts: { firstChunkAfterMs: 90 } });
    const greetings = told(call, 'caller.greeted');
    await call.until('generation_complete');
    expect(greetings).toEqual([{ afterMs: 90 }]);
  });

  it('of each turn, and whether it was understood', async () => {
    const call = await ConversationHarness.start();
    const turns = told(call, 'turn.taken');
    await call.ask('hello');
    call.stt.hears({ text: 'where is it', afterMs: 70 });
    await call.speak(600);
    await call.until('generation_complete', ({ generation_id }) => generation_id === 'gen_2');
    expect(turns).toEqual([
      { source: 'text', understood: true },
      { source: 'voice', understood: true },
    ]);
  });

  it('of an agent who falls silent for a noise, and of one who is cut short', async () => {
    const call = await ConversationHarness.start();
    const silences = told(call, 'agent.silenced');
    call.llm.reply('The branch is open from nine to five.');
    call.pipeline.pushText('hello');
    await call.quiet(600);
    await call.speak(200);
    await call.until('audio_clear');
    await call.until('audio_stream_start', () => true, 1);
    expect(silences).toEqual([{ outcome: 'resumed' }]);
    call.pipeline.pushText('stop');
    await call.until('generation_complete', ({ outcome }) => outcome === 'interrupted');
    expect(silences).toEqual([{ outcome: 'resumed' }, { outcome: 'interrupted' }]);
  });

  it('of a handoff, and that tools were used', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ tools: ['handoff_to_agent'] }), testAgent({ name: 'fraud' })],
      handoffs: [{ from: 'desk', to: 'fraud', when: 'A card was stolen', kind: 'announced' }],
      tools: [new HandoffToAgentTool()],
    });
    const changes = told(call, 'agent.changed');
    const answers = told(call, 'generation.completed');
    call.llm
      .reply({ tool: 'handoff_to_agent', arguments: { target: 'fraud', reason: 'stolen' } })
      .reply('This is the fraud desk.');
    await call.ask('my card was stolen');
    expect(changes).toEqual([{ to: 'fraud', kind: 'announced' }]);
    expect(answers).toMatchObject([{ outcome: 'completed', source: 'text', usedTools: true }]);
  });

  it('of a transfer, and what became of the call', async () => {
    const noInput: NoInputPolicy = {
      afterMs: 1000,
      reprompts: [],
      action: { type: 'transfer', text: 'One moment.', target: 'desk' },
    };
    const call = await ConversationHarness.start({ agents: [testAgent({ noInput })] });
    const transfers = told(call, 'call.transferred');
    const ends = told(call, 'session.ended');
    await call.ask('hello');
    await call.until('session_ended');
    await call.pipeline.closed;
    expect(transfers).toEqual([{ status: 'simulated' }]);
    expect(ends).toMatchObject([{ reason: 'completed', outcome: 'transferred', turns: 1 }]);
  });
});
