import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a sentence that cannot be spoken', () => {
  it.each([
    ['first', 'One here. ', 550],
    ['middle', 'Two here. ', 550],
    ['last', 'Three here.', 450],
  ])('as the %s one is left out, and the answer ends as failed', async (_, failing) => {
    const call = await ConversationHarness.start();
    call.tts.failsOn(failing.trim());
    call.llm.reply('One here. Two here. Three here.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.events('error')).toMatchObject([{ code: 'tts_failed', retryable: true }]);
    expect(call.tts.requests).toHaveLength(3);
    const spokenMs =
      ['One here.', 'Two here.', 'Three here.'].filter((text) => text !== failing.trim()).join('').length * 50;
    expect(Math.abs(call.wire.audioMs - spokenMs)).toBeLessThanOrEqual(40);
    expect(call.wire.types.slice(-2)).toEqual(['audio_stream_stop', 'generation_complete']);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('in the middle of it is heard as far as it goes, before the answer ends', async () => {
    const call = await ConversationHarness.start({ tts: { chunkMs: 200 } });
    call.tts.failsOn('broken', 3);
    call.llm.reply('This sentence is broken in its middle.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.audioMs).toBe(600);
    expect(call.wire.types.slice(-2)).toEqual(['audio_stream_stop', 'generation_complete']);
    expect(call.wire.timeOf('generation_complete')).toBeGreaterThanOrEqual(600);
    await call.quiet(1000);
    expect(call.wire.audioMs).toBe(600);
  });

  it('alone makes an answer without sound', async () => {
    const call = await ConversationHarness.start();
    call.tts.failsOn('');
    call.llm.reply('Nothing of this. Will be heard.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.audioMs).toBe(0);
    expect(call.wire.types).not.toContain('audio_stream_start');
  });
});

describe('a sentence whose audio does not come', () => {
  it('is left out after TTS_STALL_MS, and the next one is spoken', async () => {
    const call = await ConversationHarness.start();
    call.tts.stallsOn('One here.');
    call.llm.reply('One here. Two here.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.events('error')).toMatchObject([{ code: 'tts_failed', retryable: true }]);
    expect(call.wire.timeOf('audio_stream_start')).toBeGreaterThanOrEqual(5000);
    expect(call.tts).toMatchObject({ aborted: 1, running: 0 });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
