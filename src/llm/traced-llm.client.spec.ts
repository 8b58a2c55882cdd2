import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { Aborted } from '../kernel/abort.js';
import { ManualClock } from '../kernel/clock.js';
import { LiveSpan, traceHeaders } from '../kernel/live-span.js';
import { RecordedSpans } from '../telemetry/testing/recorded-spans.js';
import { LlmClient, type LlmEvent, type LlmRequest } from './llm-client.js';
import { LlmError } from './llm-error.js';
import { TracedLlmClient } from './traced-llm.client.js';

const spans = RecordedSpans.get();
const request: LlmRequest = {
  messages: [{ role: 'user', content: 'hello' }],
  tools: [],
  dialogue: { slots: {} },
  variables: {},
  memory: {},
};

class Model extends LlmClient {
  readonly name = 'azure:gpt-4o';
  /** With which its requests would go out. */
  headers: Record<string, string> = {};

  constructor(private readonly answer: (signal: AbortSignal) => AsyncIterable<LlmEvent>) {
    super();
  }

  override async start(): Promise<void> {}
  override async close(): Promise<void> {}

  override async *stream(_: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    this.headers = traceHeaders();
    yield* this.answer(signal);
  }
}

const clock = new ManualClock();

/** What becomes of one request that is made for `work`. */
async function ask(model: Model, signal = new AbortController().signal): Promise<{ turn: LiveSpan; error: unknown }> {
  const client = new TracedLlmClient(model, clock);
  const turn = LiveSpan.start('work', ROOT_CONTEXT, { clock });
  const error = await turn.run(async () => {
    try {
      for await (const _ of client.stream(request, signal)) await clock.advance(0);
      return undefined;
    } catch (problem) {
      return problem;
    }
  });
  turn.end();
  return { turn, error };
}

function chatIn(turn: LiveSpan): ReadableSpan {
  const [, traceId] = turn.traceparent!.split('-');
  return spans.of(traceId!).find(({ name }) => name === 'chat gpt-4o')!;
}

describe('a request to a model', () => {
  it('is a span, with what it cost and how long the first words took', async () => {
    const model = new Model(async function* () {
      await clock.advance(120);
      yield { type: 'text', text: 'hello' };
      await clock.advance(80);
      yield { type: 'finish', reason: 'stop', usage: { inputTokens: 12, outputTokens: 3 } };
    });
    const { turn, error } = await ask(model);
    expect(error).toBeUndefined();
    const chat = chatIn(turn);
    expect(chat.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': 0.12,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 3,
    });
    expect(chat.duration).toEqual([0, 200_000_000]);
    expect(model.headers['traceparent']).toContain(chat.spanContext().spanId);
  });

  it('that fails says how, not with which words', async () => {
    const failure = new LlmError('slow', 'secret words');
    const { turn, error } = await ask(
      // oxlint-disable-next-line require-yield
      new Model(async function* () {
        throw failure;
      }),
    );
    expect(error).toBe(failure);
    const { attributes, status, events } = chatIn(turn);
    expect(attributes['error.type']).toBe('slow');
    expect(JSON.stringify([attributes, status, events])).not.toContain('secret');
  });

  it('that is left is no failure, also when the model does not notice', async () => {
    const controller = new AbortController();
    const client = new TracedLlmClient(
      new Model(async function* () {
        yield { type: 'text', text: 'well' };
        await new Promise(() => undefined);
      }),
      clock,
    );
    const turn = LiveSpan.start('work', ROOT_CONTEXT, { clock });
    const events = turn.run(() => client.stream(request, controller.signal)[Symbol.asyncIterator]());
    await turn.run(() => events.next());
    void turn.run(() => events.next());
    controller.abort(new Aborted('barge_in'));
    const chat = chatIn(turn);
    expect(chat.ended).toBe(true);
    expect(chat.attributes).toMatchObject({ 'parley.aborted': 'barge_in' });
    expect(chat.attributes['error.type']).toBeUndefined();
    turn.end();
  });

  it('for nothing that is traced is no span', async () => {
    const before = spans.all.length;
    const client = new TracedLlmClient(
      new Model(async function* () {
        yield { type: 'finish', reason: 'stop' };
      }),
      clock,
    );
    for await (const event of client.stream(request, new AbortController().signal)) expect(event.type).toBe('finish');
    expect(spans.all).toHaveLength(before);
  });
});
