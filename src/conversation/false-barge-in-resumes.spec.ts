import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const TEXT = 'The branch is open from nine to five.';

describe('a false barge-in', () => {
  it('lets the agent go on from where the caller stopped hearing, at once after a noise', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(TEXT);
    call.pipeline.pushText('hello');
    await call.quiet(600);
    // Heard as nothing.
    await call.speak(200);
    const clear = await call.until('audio_clear');
    const sentBefore = call.wire.audioMs;
    await call.until('audio_stream_start', () => true, 1);
    expect(await call.until('generation_complete')).toMatchObject({ generation_id: 'gen_1', outcome: 'completed' });
    expect(call.wire.audioMs - sentBefore).toBeGreaterThanOrEqual(TEXT.length * 50 - clear.heard_ms);
    expect(call.wire.audioMs - sentBefore).toBeLessThan(TEXT.length * 50 - clear.heard_ms + 40);
    expect(call.wire.events('generation_started')).toHaveLength(1);
    expect((await call.told()).at(-1)).toEqual({ role: 'assistant', content: TEXT });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('lets it go on after FALSE_BARGE_IN_MS when the recogniser takes its time', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(TEXT);
    call.pipeline.pushText('hello');
    await call.quiet(600);
    call.stt.hears({ text: '', afterMs: 3000 });
    await call.speak(200);
    const heldAt = call.wire.timeOf('audio_clear')!;
    // While the words are to come, it waits.
    await call.until('audio_stream_start', () => true, 1);
    expect(call.clock.now() - heldAt).toBeGreaterThan(3500);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('lets it go on when the line goes dead in the middle of the speech', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply(TEXT);
    call.pipeline.pushText('hello');
    await call.quiet(600);
    await call.speak(200);
    await call.clock.advance(1999);
    expect(call.wire.events('speech_stopped')).toHaveLength(0);
    await call.clock.advance(100);
    expect(call.wire.events('speech_stopped')).toHaveLength(1);
    expect(call.wire.events('audio_stream_start')).toHaveLength(2);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('does not run tools while it is not clear whether it was one', async () => {
    let runs = 0;
    const look = testTool('look', async () => {
      runs++;
      return { result: 'seen' };
    });
    const call = await ConversationHarness.start({ agents: [testAgent({ tools: ['look'] })], tools: [look] });
    call.llm.reply('Let me have a look at that for you. ', { tool: 'look', afterMs: 1000 }).reply('Done.');
    call.pipeline.pushText('look');
    await call.quiet(850);
    await call.speak(400);
    await call.quiet(200);
    expect(call.wire.events('audio_clear')).toHaveLength(1);
    expect(runs).toBe(0);
    await call.until('generation_complete');
    expect(runs).toBe(1);
  });
});
