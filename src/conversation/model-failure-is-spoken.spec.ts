import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '../kernel/errors.js';
import { LlmError } from '../llm/llm-error.js';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

describe('a model that fails', () => {
  it.each([
    ['before its first word', [], ['Sorry, that did not work.']],
    ['in the middle', ['Your balance is '], ['Your balance is ', 'Sorry, that did not work.']],
  ])('%s is apologised for', async (_, before, spoken) => {
    const call = await ConversationHarness.start();
    call.llm.reply(...before, { error: new ParleyError('llm_failed', 'over quota', true) });
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.events('error')).toEqual([
      { type: 'error', code: 'llm_failed', message: 'The answer could not be completed', retryable: true },
    ]);
    expect(call.tts.requests.map(({ text }) => text)).toEqual(spoken);
    expect((await call.told()).map(({ content }) => content.trim())).toEqual([
      'hello',
      ...spoken.map((text) => text.trim()),
    ]);
    expect(await call.until('generation_complete', () => true, 1)).toMatchObject({ outcome: 'completed' });
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it.each([
    ['content_filter' as const, 'I cannot talk about that.'],
    ['context_length' as const, 'I have lost the thread.'],
    ['server_error' as const, 'Sorry, that did not work.'],
  ])('with %s is spoken about in the words that the agent has for it', async (fault, spoken) => {
    const call = await ConversationHarness.start();
    call.llm.reply({ error: new LlmError(fault, 'HTTP 400') });
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.tts.requests.map(({ text }) => text)).toEqual([spoken]);
  });

  it('over to another one is not heard: what was not spoken is as if it had never been', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('Your bal', { restart: true }, 'It is five hundred.');
    expect(await call.ask('hello')).toMatchObject({ outcome: 'completed' });
    expect(call.tts.requests.map(({ text }) => text)).toEqual(['It is five hundred.']);
    expect(call.wire.events('text_stream_stop').map(({ message_id, text }) => [message_id, text])).toEqual([
      ['gen_1_m1', 'Your bal'],
      ['gen_1_m2', 'It is five hundred.'],
    ]);
    expect(await call.told()).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'It is five hundred.' },
    ]);
    expect(call.llm.requests[0]!.spoken?.()).toBe(true);
  });

  it('after it asked for a tool leaves no call without a result in the history', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('One moment. ', { tool: 'look' }, { error: new ParleyError('llm_failed', 'over quota', true) });
    await call.ask('hello');
    expect(call.wire.events('tool_start')).toEqual([]);
    expect(await call.told()).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'One moment. ' },
      { role: 'assistant', content: 'Sorry, that did not work.' },
    ]);
  });

  it('with an error of its own kind does not tell the caller about it', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ error: new TypeError('x is not a function') });
    await call.ask('hello');
    expect(call.wire.events('error')).toMatchObject([
      { code: 'llm_failed', message: 'The answer could not be completed' },
    ]);
  });
});

describe('an agent whose apology cannot be made', () => {
  it('still ends its answer', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ apology: '{{ name | no_such_filter }}' })],
    });
    call.llm.reply('So far so good.', { error: new Error('broken') });
    expect(await call.ask('hello')).toMatchObject({ outcome: 'failed' });
    expect(call.wire.audioMs).toBe(760);
    expect(call.wire.types.slice(-2)).toEqual(['audio_stream_stop', 'generation_complete']);
    expect(call.pipeline.describe().active_tasks['gen_1']).toMatch(/^failed: .*no_such_filter/);
    expect(await call.ask('still there?')).toMatchObject({ outcome: 'completed' });
  });
});
