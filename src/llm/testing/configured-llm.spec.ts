import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../config/load.js';
import { ScriptedConfig } from '../../config/scripted.config.js';
import { ManualClock } from '../../kernel/clock.js';
import type { LlmEvent, LlmRequest } from '../llm-client.js';
import { configuredLlm } from './configured-llm.js';

async function answers(env: Record<string, string>, count = 1) {
  const clock = new ManualClock();
  const llm = configuredLlm(loadConfig(env).values.get(ScriptedConfig) as ScriptedConfig, clock);
  const all: { events: (LlmEvent & { atMs: number })[]; error?: unknown }[] = [];
  for (let i = 0; i < count; i++) {
    const answer: (typeof all)[number] = { events: [] };
    all.push(answer);
    const startedAt = clock.now();
    const controller = new AbortController();
    // Nothing of the request matters to it.
    const request = { messages: [], tools: [], variables: {}, memory: {} } as unknown as LlmRequest;
    const answering = (async () => {
      for await (const event of llm.stream(request, controller.signal))
        answer.events.push({ ...event, atMs: clock.now() - startedAt });
    })().catch((error: unknown) => (answer.error = error));
    await clock.advance(60_000);
    controller.abort(new Error('given up'));
    await answering;
  }
  expect(llm.running).toBe(0);
  return all;
}

describe('the scripted model', () => {
  it('answers at once with 27 words', async () => {
    const [answer] = await answers({});
    expect(answer!.events.map(({ type, atMs }) => [type, atMs])).toEqual([
      ['text', 0],
      ['finish', 0],
    ]);
    expect((answer!.events[0] as { text: string }).text.split(' ')).toHaveLength(27);
  });

  it('answers later, word by word', async () => {
    const [answer] = await answers({
      SCRIPTED_LLM_TEXT: 'One two three.',
      SCRIPTED_LLM_DELAY_MS: '400',
      SCRIPTED_LLM_WORD_MS: '30',
    });
    expect(answer!.events.map((event) => [event.type === 'text' ? event.text : event.type, event.atMs])).toEqual([
      ['One ', 400],
      ['two ', 430],
      ['three.', 460],
      ['finish', 460],
    ]);
  });

  it.each([
    ['SCRIPTED_LLM_FAILURE_RATE', ['One '], { code: 'llm_failed' }],
    ['SCRIPTED_LLM_STALL_RATE', ['One '], { message: 'given up' }],
    ['SCRIPTED_LLM_WRONG_RATE', ['no_such_tool', 'tool_calls'], undefined],
  ])('goes wrong with %s', async (rate, said, error) => {
    const [answer] = await answers({ SCRIPTED_LLM_TEXT: 'One two three.', SCRIPTED_LLM_WORD_MS: '1', [rate]: '1' });
    const parts = answer!.events.map((event) =>
      event.type === 'text'
        ? event.text
        : event.type === 'tool_call'
          ? event.call.name
          : event.type === 'finish'
            ? event.reason
            : event.type,
    );
    expect(parts).toEqual(said);
    if (error) expect(answer!.error).toMatchObject(error);
    else expect(answer!.error).toBeUndefined();
  });

  it('breaks off half-way through the words when they come all at once, too', async () => {
    const [answer] = await answers({ SCRIPTED_LLM_TEXT: 'One two three four.', SCRIPTED_LLM_FAILURE_RATE: '1' });
    expect(answer!.events.map((event) => (event.type === 'text' ? event.text : event.type))).toEqual(['One two ']);
  });
});
