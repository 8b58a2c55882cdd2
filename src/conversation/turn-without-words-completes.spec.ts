import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const look = testTool('look', async () => ({ result: 'seen' }));

describe('a turn', () => {
  it('to which the model says nothing completes', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply();
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.types).toEqual(['session_started', 'generation_started', 'generation_complete']);
    expect(await call.told()).toEqual([{ role: 'user', content: 'hello' }]);
  });

  it('of tools only completes', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['look'] })], tools: [look] });
    call.llm.reply({ tool: 'look' }).reply();
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
    expect(call.wire.types).toEqual([
      'session_started',
      'generation_started',
      'tool_start',
      'tool_end',
      'generation_complete',
    ]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('of blanks only completes', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(' ', '\n');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
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
