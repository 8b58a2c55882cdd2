import { describe, expect, it } from '@jest/globals';
import type { LlmEvent } from '../llm/llm-client.js';
import { ScriptedLlmClient } from '../llm/testing/scripted-llm.client.js';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a task that does not stop', () => {
  it('is named, and the session ends without it', async () => {
    const call = await ConversationHarness.start();
    // The recogniser never gets ready for what is expected now.
    call.stream.preparing = new Promise(() => undefined);
    call.llm.reply({ expecting: ['pin'] }, 'Your PIN?');
    await call.ask('hello');
    const [task] = Object.entries(call.pipeline.describe().active_tasks).find(
      ([name, status]) => status === 'running' && !['turns', 'speaking'].includes(name),
    )!;
    const closed = call.pipeline.close('hangup');
    // The client does not wait for it.
    expect(call.wire.closed).toEqual({ code: 1000, reason: 'hangup' });
    await call.clock.advance(4999);
    expect(call.speech.givenBack).toBe(0);
    await call.clock.advance(1);
    await closed;
    expect(call.speech).toMatchObject({ lent: 1, givenBack: 1 });
    expect(call.logged).toContain(`Task ${task} did not stop within 5000 ms`);
    expect(call.logged.at(-1)).toBe(`Session ended (hangup) after 1 turns; leaked ${task}`);
    expect(call.clock.pending).toBe(0);
    expect(call.registry.active).toBe(0);
  });
});

/** A model whose driver does not listen to its signal. */
class DeafLlmClient extends ScriptedLlmClient {
  // oxlint-disable-next-line require-yield
  override async *stream(): AsyncGenerator<LlmEvent> {
    await new Promise(() => undefined);
  }
}

describe('a model that does not listen to its signal', () => {
  it('holds up neither the next turn nor the end of the session', async () => {
    const call = await ConversationHarness.start({ llm: (clock) => new DeafLlmClient(clock) });
    call.pipeline.pushText('hello');
    await call.clock.advance(100);
    call.pipeline.pushText('are you there?');
    await call.clock.advance(0);
    expect(call.wire.events('generation_started').map(({ generation_id }) => generation_id)).toEqual([
      'gen_1',
      'gen_2',
    ]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
    expect(call.logged.at(-1)).toBe('Session ended (hangup) after 2 turns');
  });
});
