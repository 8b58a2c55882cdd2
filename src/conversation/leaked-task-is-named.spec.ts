import { describe, expect, it } from '@jest/globals';
import type { LlmEvent } from '../llm/llm-client.js';
import { ScriptedLlmClient } from '../llm/testing/scripted-llm.client.js';
import { ConversationHarness } from './testing/conversation-harness.js';

/** A model whose driver does not listen to its signal. */
class DeafLlmClient extends ScriptedLlmClient {
  // oxlint-disable-next-line require-yield
  override async *stream(): AsyncGenerator<LlmEvent> {
    await new Promise(() => undefined);
  }
}

describe('a task that does not stop', () => {
  it('is named, and the session ends without it', async () => {
    const call = await ConversationHarness.start({ llm: (clock) => new DeafLlmClient(clock) });
    call.pipeline.pushText('hello');
    await call.clock.advance(100);
    expect(call.pipeline.describe().active_tasks).toMatchObject({ gen_1: 'running' });
    const closed = call.pipeline.close('hangup');
    // The client does not wait for it.
    expect(call.wire.closed).toEqual({ code: 1000, reason: 'hangup' });
    await call.clock.advance(4999);
    expect(call.speech.givenBack).toBe(0);
    await call.clock.advance(1);
    await closed;
    expect(call.speech).toMatchObject({ lent: 1, givenBack: 1 });
    expect(call.logged).toContain('Task gen_1 did not stop within 5000 ms');
    expect(call.logged.at(-1)).toBe('Session ended (hangup) after 1 turns; leaked gen_1');
    // Until the model counts as stalled.
    await call.clock.advance(10_000);
    expect(call.clock.pending).toBe(0);
    expect(call.registry.active).toBe(0);
  });
});
