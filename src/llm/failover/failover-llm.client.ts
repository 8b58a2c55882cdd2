import { Aborted, childController, isAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { LlmClient, type LlmEvent, type LlmModelStatus, type LlmRequest, type LlmWarmUp } from '../llm-client.js';
import { LlmError, type LlmFault } from '../llm-error.js';
import type { GuardedModel } from './guarded-model.js';
import { LlmMetrics, type RequestFailure } from './llm-metrics.js';
import { withHalfTheHistory } from './shorter-request.js';
import { withTokenDeadlines } from './token-deadlines.js';

export interface FailoverOptions {
  /** For the first token of a model after which there is another. */
  readonly firstTokenMs: number;
  /** For the first token of whichever model; a model in this process is asked even after that. */
  readonly firstTokenTotalMs: number;
  readonly betweenTokensMs: number;
  /** For a whole answer. */
  readonly totalMs: number;
}

/** First requests open connections and fetch tokens. */
const WARM_UP_MS = 10_000;

/**
 * Asks the first model of a list that can be asked, and the next one when that fails, as long as nothing of the answer has
 * been spoken. Never mixes the words of two models: a `restart` stands between them.
 */
export class FailoverLlmClient extends LlmClient {
  readonly name: string;
  private readonly metrics = new LlmMetrics();
  private stopObserving: () => void = () => undefined;

  constructor(
    private readonly list: readonly GuardedModel[],
    private readonly clock: Clock,
    private readonly options: FailoverOptions,
  ) {
    super();
    this.name = list.map((model) => model.name).join(', ');
  }

  override async start(signal: AbortSignal): Promise<void> {
    for (const model of this.list) await model.client.start(signal);
    this.stopObserving = this.metrics.observe(() => this.models());
  }

  override async close(): Promise<void> {
    this.stopObserving();
    await Promise.all(this.list.map((model) => model.close()));
  }

  override models(): readonly LlmModelStatus[] {
    return this.list.map((model) => model.status);
  }

  /** True when one works: then calls get answers. */
  override async warmUp(signal: AbortSignal): Promise<boolean> {
    const each = await this.warmUpEach(signal);
    return each.some(({ ok }) => ok);
  }

  /** Tries all of them at once. */
  override warmUpEach(signal: AbortSignal): Promise<readonly LlmWarmUp[]> {
    return Promise.all(
      this.list.map(async (model) => ({ model: model.name, ok: await model.tryOut(signal, WARM_UP_MS) })),
    );
  }

  override async *stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    signal.throwIfAborted();
    const { totalMs } = this.options;
    const controller = childController(signal);
    const late = (): void => controller.abort(new LlmError('slow', `No whole answer within ${totalMs} ms`));
    const total = this.clock.setTimeout(late, totalMs);
    try {
      yield* this.firstThatAnswers(request, controller.signal);
    } finally {
      total.cancel();
      controller.abort(new Aborted('completed'));
    }
  }

  private async *firstThatAnswers(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    const answerBy = this.clock.now() + this.options.firstTokenTotalMs;
    const failed = new Set<GuardedModel>();
    let asked = request;
    let failure: unknown = new LlmError('unreachable', 'None of the models can be asked at present');
    for (;;) {
      const leftMs = answerBy - this.clock.now();
      const [model, ...others] = this.candidates(failed, leftMs);
      if (!model) throw failure;
      const attempt = model.enter();
      if (!attempt) {
        failed.add(model);
        continue;
      }
      const firstMs = others.length > 0 ? Math.min(this.options.firstTokenMs, leftMs) : leftMs;
      const passedOn = { any: false, text: false };
      try {
        for await (const event of this.measured(model, asked, signal, firstMs)) {
          if (event.type === 'finish') {
            checkAnswer(model, request, passedOn);
            model.succeeded(attempt);
            if (event.usage) this.metrics.usage(model.name, event.usage);
          }
          passedOn.any ||= event.type !== 'progress';
          passedOn.text ||= event.type === 'text' && event.text !== '';
          yield event;
          if (event.type === 'finish') return;
        }
        throw new LlmError('broken_stream', `${model.name}: the answer ended without an end`);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        failure = error;
        // A deadline that was cut short says nothing about the model.
        const unfair = error instanceof LlmError && error.fault === 'slow' && firstMs < this.options.firstTokenMs;
        if (unfair && !passedOn.any) attempt.abandoned();
        else model.failed(attempt, error);
      } finally {
        // The caller has gone, or interrupted.
        attempt.abandoned();
      }
      const fault = faultOf(failure);
      const spoken = passedOn.text && (request.spoken?.() ?? true);
      if (spoken || fault === 'content_filter') throw failure;
      this.metrics.failover(model.name, fault);
      if (passedOn.any) yield { type: 'restart' };
      if (fault === 'context_length' && asked === request) asked = withHalfTheHistory(request);
      else failed.add(model);
    }
  }

  /** Those that are all right, in the order of the list; without any, those that may be tried. */
  private candidates(failed: ReadonlySet<GuardedModel>, leftMs: number): GuardedModel[] {
    const left = this.list.filter((model) => !failed.has(model) && (leftMs > 0 || model.local));
    const allRight = left.filter((model) => model.state === 'closed');
    return allRight.length > 0 ? allRight : left.filter((model) => model.state === 'half_open');
  }

  private async *measured(
    model: GuardedModel,
    request: LlmRequest,
    signal: AbortSignal,
    firstMs: number,
  ): AsyncGenerator<LlmEvent> {
    const startedAt = this.clock.now();
    const sinceMs = (): number => this.clock.now() - startedAt;
    let isFirst = true;
    // As long as it has not ended, whoever wanted it has gone.
    let failure: RequestFailure | undefined = 'aborted';
    try {
      for await (const event of this.ask(model, request, signal, firstMs)) {
        if (isFirst && event.type !== 'progress') {
          isFirst = false;
          this.metrics.firstChunk(model.name, sinceMs());
        }
        if (event.type === 'finish') failure = undefined;
        yield event;
      }
      if (failure) failure = 'broken_stream';
    } catch (error) {
      if (!isAborted(error)) failure = faultOf(error);
      throw error;
    } finally {
      this.metrics.request(model.name, sinceMs(), failure);
    }
  }

  private ask(
    model: GuardedModel,
    request: LlmRequest,
    signal: AbortSignal,
    firstMs: number,
  ): AsyncGenerator<LlmEvent> {
    const deadlines = model.local
      ? { firstMs: Infinity, nextMs: Infinity }
      : { firstMs, nextMs: this.options.betweenTokensMs };
    return withTokenDeadlines((child) => model.client.stream(request, child), signal, this.clock, deadlines);
  }
}

function faultOf(error: unknown): LlmFault | 'failed' {
  return error instanceof LlmError ? error.fault : 'failed';
}

/** The caller waits for an answer; after a tool there may be nothing left to say. */
function checkAnswer(model: GuardedModel, request: LlmRequest, passedOn: { readonly any: boolean }): void {
  if (passedOn.any || model.local || request.messages.at(-1)?.role !== 'user') return;
  throw new LlmError('broken_stream', `${model.name}: an empty answer`);
}
