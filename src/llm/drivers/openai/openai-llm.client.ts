import type OpenAI from 'openai';
import { Aborted, childController, untilAborted } from '../../../kernel/abort.js';
import type { Clock } from '../../../kernel/clock.js';
import { LlmClient, type LlmEvent, type LlmRequest, type LlmSampling, type LlmUsage } from '../../llm-client.js';
import { LlmError } from '../../llm-error.js';
import { chatMessages, chatTools } from './chat-messages.js';
import { llmErrorOf } from './openai-errors.js';
import { ToolCallMerger } from './tool-call-merger.js';

type Chunk = OpenAI.Chat.ChatCompletionChunk;
type FinishReason = OpenAI.Chat.ChatCompletionChunk.Choice['finish_reason'];
type ChatParameters = OpenAI.Chat.ChatCompletionCreateParamsStreaming;

export interface OpenAiModelOptions {
  /** As in LLM_MODELS, for logs. */
  readonly name: string;
  /** The model, or the deployment. */
  readonly model: string;
  /** What the limit of an answer is called: the newer name, or the one that other servers know. */
  readonly maxTokensParameter: 'max_completion_tokens' | 'max_tokens';
  readonly maxTokens: number;
  /** Undefined leaves it to the service: some models take no other value than their own. */
  readonly temperature: number | undefined;
}

/** How long a finished answer is waited for to say what it cost; the last sentence waits as long. */
const USAGE_WAIT_MS = 300;
/** In `LlmRequest.memory`: contents of callers' messages that a content filter refused. */
const WITHHELD = 'withheld';
const WITHHELD_KEPT = 20;

/** One model behind the chat completions API of OpenAI, of Azure OpenAI, or of a server that speaks it. */
export class OpenAiLlmClient extends LlmClient {
  readonly name: string;
  private calls = 0;

  constructor(
    private readonly sdk: OpenAI,
    private readonly options: OpenAiModelOptions,
    private readonly clock: Clock,
    /** Closes the connections under the SDK. */
    private readonly disconnect: () => Promise<void>,
  ) {
    super();
    this.name = options.name;
  }

  override async start(): Promise<void> {}

  override async *stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    signal.throwIfAborted();
    const controller = childController(signal);
    try {
      yield* this.answer(request, request.sampling ?? {}, controller.signal);
    } catch (error) {
      // The SDK has errors of its own for an abort.
      if (signal.aborted) throw signal.reason;
      const failure = llmErrorOf(error, this.name, this.clock.wallTime());
      if (failure.fault === 'content_filter') withhold(request);
      throw failure;
    } finally {
      // Closes the request wherever the answer was left, and lets go of the parent.
      controller.abort(new Aborted('completed'));
    }
  }

  /** Asks for a single token. */
  override async warmUp(signal: AbortSignal): Promise<boolean> {
    const ping: LlmRequest = {
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [],
      dialogue: { slots: {} },
      variables: {},
      memory: {},
      sampling: { maxTokens: 1 },
    };
    for await (const event of this.stream(ping, signal)) if (event.type === 'finish') return true;
    return false;
  }

  override close(): Promise<void> {
    return this.disconnect();
  }

  private async *answer(request: LlmRequest, sampling: LlmSampling, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    const merger = new ToolCallMerger();
    let reason: FinishReason = null;
    let usage: LlmUsage | undefined;
    for await (const chunk of this.chunks(request, sampling, signal, () => reason !== null)) {
      if (chunk.usage) usage = usageOf(chunk.usage);
      // Azure begins with a chunk without choices, and usage comes in one.
      const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
      if (!choice) continue;
      const { content, refusal, tool_calls: fragments } = choice.delta ?? {};
      const text: unknown = content || refusal;
      // Whatever the library's types promise, it checks nothing.
      if (typeof text === 'string' && text !== '') yield { type: 'text', text };
      else if (text) throw new LlmError('broken_stream', `${this.name}: a part of the answer is no text`);
      for (const fragment of fragments ?? []) {
        merger.add(fragment);
        yield { type: 'progress' };
      }
      reason = choice.finish_reason ?? reason;
    }
    if (reason === null) throw new LlmError('broken_stream', `${this.name}: the answer ended without an end`);
    if (reason === 'content_filter') throw new LlmError('content_filter', `${this.name}: the answer was filtered`);
    const calls = merger.finish(() => `call_${++this.calls}_${this.clock.wallTime().toString(36)}`);
    for (const call of calls) yield { type: 'tool_call', call };
    // Some servers finish with `stop` after tool calls, too.
    const how = calls.length > 0 ? 'tool_calls' : reason === 'length' ? 'length' : 'stop';
    yield { type: 'finish', reason: how, ...(usage && { usage }) };
  }

  /** Ends when the answer has; when it is finished but its stream stays open, a little later. */
  private async *chunks(
    request: LlmRequest,
    sampling: LlmSampling,
    signal: AbortSignal,
    finished: () => boolean,
  ): AsyncGenerator<Chunk> {
    const { data, response } = await this.sdk.chat.completions
      .create(this.parameters(request, sampling), { signal, maxRetries: 0 })
      .withResponse();
    const type = response.headers.get('content-type') ?? 'nothing';
    if (!/^text\/event-stream\b/i.test(type)) {
      data.controller.abort();
      throw new LlmError('broken_stream', `${this.name}: answered with another type than an event stream`);
    }
    const chunks = data[Symbol.asyncIterator]();
    for (;;) {
      const next = finished() ? await this.soon(chunks.next(), signal) : await chunks.next();
      // The SDK's iterator just ends when it is aborted.
      signal.throwIfAborted();
      if (!next || next.done) return;
      const chunk: unknown = next.value;
      if (typeof chunk !== 'object' || chunk === null)
        throw new LlmError('broken_stream', `${this.name}: a part of the answer is no object`);
      yield next.value;
    }
  }

  private async soon<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    let stop: () => void = () => undefined;
    const waited = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
    const timer = this.clock.setTimeout(stop, USAGE_WAIT_MS);
    try {
      return await untilAborted(Promise.race([work, waited]), signal);
    } finally {
      timer.cancel();
    }
  }

  private parameters(request: LlmRequest, sampling: LlmSampling): ChatParameters {
    const { model, temperature, maxTokens, maxTokensParameter } = this.options;
    const wanted = sampling.temperature ?? temperature;
    return {
      model,
      messages: chatMessages(request.messages, withheldIn(request)),
      stream: true,
      stream_options: { include_usage: true },
      [maxTokensParameter]: sampling.maxTokens ?? maxTokens,
      ...(wanted !== undefined && { temperature: wanted }),
      ...(request.tools.length > 0 && { tools: chatTools(request.tools) }),
    };
  }
}

/** Undefined where it is not said in numbers. */
function usageOf({ prompt_tokens, completion_tokens }: OpenAI.CompletionUsage): LlmUsage | undefined {
  const isCounted = Number.isFinite(prompt_tokens) && Number.isFinite(completion_tokens);
  return isCounted ? { inputTokens: prompt_tokens, outputTokens: completion_tokens } : undefined;
}

function withheldIn(request: LlmRequest): string[] {
  return (request.memory[WITHHELD] as string[] | undefined) ?? [];
}

/** A filter looks at the whole conversation: without this, one refused sentence would refuse all that follow. */
function withhold(request: LlmRequest): void {
  const last = request.messages.findLast(({ role }) => role === 'user');
  if (last) request.memory[WITHHELD] = [...withheldIn(request), last.content].slice(-WITHHELD_KEPT);
}
