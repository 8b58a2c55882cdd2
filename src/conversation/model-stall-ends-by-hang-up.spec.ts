import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';

describe('a model that stalls', () => {
  it('is aborted by a hang-up', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Let me see. ', 'It', { stall: true });
    call.pipeline.pushText('hello');
    await call.quiet(5000);
    expect(call.pipeline.describe()).toMatchObject({ state: 'PROCESSING_LLM', active_tasks: { gen_1: 'running' } });
    await call.hangUp();
    expect(call.llm).toMatchObject({ aborted: 1, running: 0 });
    expect(call.wire.events('generation_complete')).toMatchObject([{ outcome: 'interrupted' }]);
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is aborted by the next turn, which is answered', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ stall: true }).reply('Here I am.');
    call.pipeline.pushText('hello');
    await call.quiet(5000);
    call.pipeline.pushText('hello?');
    await call.until('generation_complete', (event) => event.generation_id === 'gen_2');
    expect(call.wire.events('text_stream_stop').map(({ text }) => text)).toEqual(['Here I am.']);
  });

  it('is given up after LLM_STALL_MS, with what it had said and an apology', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Let me see. ', 'It', { stall: true });
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.timeOf('error')).toBeGreaterThanOrEqual(10_000);
    expect(call.wire.events('error')).toMatchObject([{ code: 'llm_failed', retryable: true }]);
    expect(call.wire.events('text_stream_stop').map(({ text }) => text)).toEqual([
      'Let me see. It',
      'Sorry, that did not work.',
    ]);
    expect(call.llm).toMatchObject({ aborted: 1, running: 0 });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });
});
