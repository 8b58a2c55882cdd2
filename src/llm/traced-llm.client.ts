import { SpanKind } from '@opentelemetry/api';
import { isAborted } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import { LiveSpan, errorTypeOf } from '../kernel/live-span.js';
import { Attribute, SpanName } from '../kernel/telemetry-names.js';
import { LlmClient, type LlmEvent, type LlmModelStatus, type LlmRequest } from './llm-client.js';
import { LlmError } from './llm-error.js';
import { identityOf } from './model-identity.js';

/**
 * One model, each request of which is a span of whatever asks for it: those that fail over are one each. Nothing that was
 * said is in it.
 */
export class TracedLlmClient extends LlmClient {
  readonly name: string;

  constructor(
    private readonly client: LlmClient,
    private readonly clock: Clock,
  ) {
    super();
    this.name = client.name;
  }

  override start(signal: AbortSignal): Promise<void> {
    return this.client.start(signal);
  }

  override close(): Promise<void> {
    return this.client.close();
  }

  override warmUp(signal: AbortSignal): Promise<boolean> {
    return this.client.warmUp(signal);
  }

  override models(): readonly LlmModelStatus[] {
    return this.client.models();
  }

  override stream(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> {
    const parent = LiveSpan.active;
    return parent?.isRecorded ? this.traced(request, signal, this.begin(parent)) : this.client.stream(request, signal);
  }

  private begin(parent: LiveSpan): LiveSpan {
    const { provider, name } = identityOf(this.name);
    return parent.child(SpanName.chat(name), {
      kind: provider === 'embedded' ? SpanKind.INTERNAL : SpanKind.CLIENT,
      attributes: {
        [Attribute.operation]: 'chat',
        [Attribute.provider]: provider,
        [Attribute.requestModel]: name,
        [Attribute.requestStream]: true,
      },
    });
  }

  private async *traced(request: LlmRequest, signal: AbortSignal, span: LiveSpan): AsyncGenerator<LlmEvent> {
    // A model that does not listen to its signal is left where it is: nobody comes back here then.
    const onAbort = (): void => end(span, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const startedAt = this.clock.now();
    const events = this.client.stream(request, signal)[Symbol.asyncIterator]();
    let isFirst = true;
    try {
      for (;;) {
        const { value, done } = await span.run(() => events.next());
        if (done) return;
        if (isFirst) span.set({ [Attribute.timeToFirstChunk]: (this.clock.now() - startedAt) / 1000 });
        isFirst = false;
        if (value.type === 'finish') finish(span, value);
        yield value;
      }
    } catch (error) {
      end(span, error);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      span.end();
      await events.return?.();
    }
  }
}

function finish(span: LiveSpan, { reason, usage }: Extract<LlmEvent, { type: 'finish' }>): void {
  span.set({
    [Attribute.finishReasons]: [reason],
    ...(usage && { [Attribute.inputTokens]: usage.inputTokens, [Attribute.outputTokens]: usage.outputTokens }),
  });
  span.end();
}

/** Who interrupts, or hangs up, makes no error. */
function end(span: LiveSpan, reason: unknown): void {
  if (isAborted(reason)) span.set({ [Attribute.aborted]: reason.kind });
  else span.fail(reason instanceof LlmError ? reason.fault : errorTypeOf(reason));
  span.end();
}
