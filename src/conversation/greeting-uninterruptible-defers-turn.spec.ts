import { describe, expect, it } from '@jest/globals';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

const text = 'Welcome. This call is recorded for training purposes.';

describe('a greeting', () => {
  it('that may not be interrupted is spoken to its end, and then the caller is answered', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting: { text, interruptible: false } })] });
    await call.quiet(300);
    await call.say('hello', 800);
    expect(call.wire.events('audio_clear')).toHaveLength(0);
    expect(call.llm.requests).toHaveLength(0);
    expect(await call.until('generation_complete')).toMatchObject({ generation_id: 'gen_1', outcome: 'completed' });
    expect(await call.until('generation_started', () => true, 1)).toMatchObject({ turn_id: 'turn_1' });
    expect(call.llm.requests[0]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: text },
      { role: 'user', content: 'hello' },
    ]);
  });

  it('that may be interrupted is', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting: { text, interruptible: true } })] });
    await call.quiet(300);
    await call.say('hello', 800);
    expect(await call.until('generation_complete')).toMatchObject({ generation_id: 'gen_1', outcome: 'interrupted' });
  });

  it('is not spoken when greetings are off', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ greeting: { text, interruptible: true } })],
      config: { greeting: false },
    });
    await call.quiet(2000);
    expect(call.wire.types).toEqual(['session_started']);
  });

  it('is stopped by a client that asks for it, whatever the agent says', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting: { text, interruptible: false } })] });
    await call.quiet(300);
    call.pipeline.interrupt();
    expect(call.wire.events('interrupt_ack')).toEqual([{ type: 'interrupt_ack', generation_id: 'gen_1' }]);
  });
});
