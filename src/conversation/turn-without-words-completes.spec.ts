import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const look = testTool('look', async () => ({ result: 'seen' }));

describe('a turn', () => {
  it.each<[string, (call: ConversationHarness) => void]>([
    ['to which the model says nothing', (call) => call.llm.reply()],
    ['of tools only', (call) => call.llm.reply({ tool: 'look' }).reply()],
    ['of blanks only', (call) => call.llm.reply(' ', '\n')],
  ])('%s ends with an apology: the caller waits for an answer', async (_, reply) => {
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['look'] })], tools: [look] });
    reply(call);
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.events('error')).toMatchObject([{ code: 'llm_failed' }]);
    expect(call.tts.requests.map(({ text }) => text)).toEqual(['Sorry, that did not work.']);
    expect(call.wire.audioMs).toBeGreaterThan(0);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('with which the call ends needs no words', async () => {
    const hangUp = testTool('look', async () => ({ result: 'bye', effect: { type: 'end', reason: 'done' } }));
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['look'] })], tools: [hangUp] });
    call.llm.reply({ tool: 'look' }).reply();
    expect(await call.ask('goodbye')).toMatchObject({ outcome: 'completed' });
    expect(call.tts.requests).toEqual([]);
  });

  it('closes its audio although the model found nothing more to say after a tool', async () => {
    const slow = testTool('look', async () => {
      await call.clock.delay(3000);
      return { result: 'seen' };
    });
    const call: ConversationHarness = new ConversationHarness({
      agents: [testAgent({ tools: ['look'] })],
      tools: [slow],
    });
    await call.start();
    call.llm.reply('One moment.', { tool: 'look' }).reply();
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.types.slice(-3)).toEqual(['tool_end', 'audio_stream_stop', 'generation_complete']);
  });

  it('whose sentence has no sound completes', async () => {
    const call = await ConversationHarness.start({ tts: { msPerCharacter: 0 } });
    call.llm.reply('Silence. And more of it.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.audioMs).toBe(0);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
