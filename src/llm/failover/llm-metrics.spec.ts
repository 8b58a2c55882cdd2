import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { ManualClock } from '../../kernel/clock.js';
import { LlmClient, type LlmEvent, type LlmRequest } from '../llm-client.js';
import { LlmError } from '../llm-error.js';
import { FailoverLlmClient } from './failover-llm.client.js';
import { GuardedModel } from './guarded-model.js';

type Observe = (value: number, attributes: Record<string, string>) => void;
type Callback = (result: { observe: Observe }) => void;

/** Keeps what is recorded, as an exporter would get it. */
class Recorder {
  readonly recorded: [name: string, value: number, ...attributes: string[]][] = [];
  readonly callbacks = new Set<Callback>();

  getMeter() {
    const note = (name: string) => (value: number, attributes: Record<string, string>) =>
      void this.recorded.push([name, value, ...Object.values(attributes)]);
    return {
      createHistogram: (name: string) => ({ record: note(name) }),
      createCounter: (name: string) => ({ add: note(name) }),
      createObservableGauge: () => ({
        addCallback: (callback: Callback) => this.callbacks.add(callback),
        removeCallback: (callback: Callback) => this.callbacks.delete(callback),
      }),
    };
  }

  observed(): [number, string][] {
    const values: [number, string][] = [];
    for (const callback of this.callbacks)
      callback({ observe: (value, attributes) => void values.push([value, attributes['model']!]) });
    return values;
  }
}

class OneAnswer extends LlmClient {
  constructor(
    readonly name: string,
    private readonly event: LlmEvent | LlmError,
  ) {
    super();
  }

  override async start(): Promise<void> {}
  override async close(): Promise<void> {}

  override async *stream(): AsyncGenerator<LlmEvent> {
    if (this.event instanceof LlmError) throw this.event;
    yield { type: 'text', text: 'Yes.' };
    yield this.event;
  }
}

describe('the metrics of models', () => {
  const recorder = new Recorder();
  beforeAll(
    () =>
      void metrics.setGlobalMeterProvider(recorder as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]),
  );
  afterAll(() => metrics.disable());

  it('have each request, the tokens of each answer, failovers by reason, and the state of each model', async () => {
    const clock = new ManualClock();
    const clients = [
      new OneAnswer('azure:gpt-4o', new LlmError('misconfigured', 'HTTP 401')),
      new OneAnswer('openai:qwen:7b', {
        type: 'finish',
        reason: 'stop',
        usage: { inputTokens: 120, outputTokens: 7 },
      }),
    ];
    const guard = { failures: 3, openMs: 10_000, probeMs: 1000 };
    const models = clients.map((client) => new GuardedModel(client, false, clock, guard, () => undefined));
    const limits = { firstTokenMs: 1500, firstTokenTotalMs: 6000, betweenTokensMs: 2500, totalMs: 30_000 };
    const failover = new FailoverLlmClient(models, clock, limits);
    await failover.start(new AbortController().signal);
    const request: LlmRequest = { messages: [], tools: [], dialogue: { slots: {} }, variables: {}, memory: {} };
    for await (const event of failover.stream(request, new AbortController().signal))
      expect(event.type).not.toBe('restart');
    expect(recorder.recorded).toEqual([
      ['gen_ai.client.operation.duration', 0, 'chat', 'azure.ai.openai', 'gpt-4o', 'misconfigured'],
      ['llm.failovers', 1, 'azure:gpt-4o', 'misconfigured'],
      ['gen_ai.client.operation.time_to_first_chunk', 0, 'chat', 'openai', 'qwen:7b'],
      ['gen_ai.client.token.usage', 120, 'chat', 'openai', 'qwen:7b', 'input'],
      ['gen_ai.client.token.usage', 7, 'chat', 'openai', 'qwen:7b', 'output'],
      ['gen_ai.client.operation.duration', 0, 'chat', 'openai', 'qwen:7b'],
    ]);
    expect(recorder.observed()).toEqual([
      [2, 'azure:gpt-4o'],
      [0, 'openai:qwen:7b'],
    ]);
    await failover.close();
    expect(recorder.observed()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
