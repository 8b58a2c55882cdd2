import { type Attributes, SpanKind } from '@opentelemetry/api';
import { createHash } from 'node:crypto';
import { type AbortKind, isAborted } from '../kernel/abort.js';
import { LiveSpan, errorTypeOf } from '../kernel/live-span.js';
import { Attribute, SpanEvent, SpanName } from '../kernel/telemetry-names.js';
import type { LlmToolCall } from '../llm/llm-client.js';
import type { Redact } from '../services/conversations/redaction.js';
import type { ToolRun } from '../tools/tool-registry.js';
import type { GenerationOutcome } from './generation-tracker.js';
import type { GenerationMetrics } from './session-events.js';
import type { Recognition, Turn } from './turn.js';

export interface TurnTraceOptions {
  readonly sessionId: string;
  readonly generationId: string;
  readonly turn: Turn;
  readonly agent: string;
  /** Clock time. */
  readonly startedAt: number;
  readonly content: Redact | undefined;
}

/** Whether only the turn is over, not the call: the caller has cut in. */
export function isInterruption(kind: AbortKind): boolean {
  return kind === 'barge_in' || kind === 'superseded';
}

/**
 * A turn as a span, from when the caller began to speak until they have heard the answer, with what was done for it. An agent
 * to whom it is handed over in the middle has a span in it: the turn stays one, with one end and one set of measures. What
 * speaks is one request to a synthesiser for each sentence, and so a span each, as the conventions have it for requests:
 * they fail, wait and come out of the cache each on its own.
 */
export class TurnTrace {
  private readonly span: LiveSpan;
  /** Where the call has been handed over in the middle of the turn: what the agent does that has it now. */
  private part: LiveSpan | undefined;

  constructor(
    call: LiveSpan,
    private readonly options: TurnTraceOptions,
  ) {
    const { sessionId, generationId, turn, agent, startedAt, content } = options;
    const { recognition } = turn;
    this.span = call.child(SpanName.turn(agent), {
      startedAt: recognition?.startedAt ?? startedAt,
      attributes: {
        [Attribute.operation]: 'invoke_agent',
        [Attribute.agent]: agent,
        [Attribute.conversation]: sessionId,
        [Attribute.generation]: generationId,
        [Attribute.turnSource]: turn.source,
        ...(turn.id !== null && { [Attribute.turn]: turn.id }),
        ...(turn.id !== null && content && { [Attribute.callerText]: content(turn.text) }),
      },
    });
    if (recognition) recogniserSpan(this.span, recognition, content, false);
  }

  /** What `work` begins belongs to the turn, and to the agent that has the call. */
  run<T>(work: () => T): T {
    return this.current.run(work);
  }

  held(): void {
    this.span.event(SpanEvent.held);
  }

  released(): void {
    this.span.event(SpanEvent.released);
  }

  /** @param stopMs from the caller's first sound until the agent was silent, if it is known */
  bargeIn(heardMs: number, stopMs: number | undefined): void {
    this.span.event(SpanEvent.bargeIn, {
      [Attribute.heardMs]: Math.round(heardMs),
      ...(stopMs !== undefined && { [Attribute.stopMs]: Math.round(stopMs) }),
    });
  }

  /** From now on it is another agent's. Why is not told: a model has written it. */
  handoff(from: string, to: string, kind: string): void {
    this.span.event(SpanEvent.handoff, { [Attribute.from]: from, [Attribute.to]: to, [Attribute.kind]: kind });
    const { sessionId, generationId } = this.options;
    this.part?.end();
    this.part = this.span.child(SpanName.turn(to), {
      attributes: {
        [Attribute.operation]: 'invoke_agent',
        [Attribute.agent]: to,
        [Attribute.conversation]: sessionId,
        [Attribute.generation]: generationId,
      },
    });
  }

  /** Runs a tool, and rejects as it does. @param name as the registry knows it: what the call says a model has written */
  async tool(name: string, call: LlmToolCall, work: () => Promise<ToolRun>): Promise<ToolRun> {
    const { content } = this.options;
    const span = this.current.child(SpanName.tool(name), {
      attributes: {
        [Attribute.operation]: 'execute_tool',
        [Attribute.toolName]: name,
        [Attribute.toolCall]: digestOf(call.callId),
        ...(content && { [Attribute.toolArguments]: content(call.arguments) }),
      },
    });
    try {
      const run = await span.run(work);
      if (run.error) span.fail(run.error);
      if (content) span.set({ [Attribute.toolResult]: content(run.content) });
      return run;
    } catch (error) {
      if (isAborted(error)) span.set({ [Attribute.aborted]: error.kind });
      else span.fail(errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  /** A sentence is being made; it ends with `signal` at the latest. @param index of the generation, from 0 */
  sentence(voice: string, index: number, text: string, signal: AbortSignal): SentenceSpan {
    const { content } = this.options;
    return new SentenceSpan(
      this.current.child(SpanName.textToSpeech(voice), {
        kind: SpanKind.CLIENT,
        attributes: {
          [Attribute.operation]: 'text_to_speech',
          [Attribute.outputType]: 'speech',
          [Attribute.voice]: voice,
          [Attribute.sentence]: index,
          ...(content && { [Attribute.agentText]: content(text) }),
        },
      }),
      signal,
    );
  }

  /** Idempotent. @param reason why it was ended, if it was @param failure what it ended with, if it failed */
  end(outcome: GenerationOutcome, metrics: GenerationMetrics, reason: unknown, failure: unknown): void {
    const isCut = outcome === 'interrupted' && isAborted(reason) && !isInterruption(reason.kind);
    this.span.set({ [Attribute.turnEndReason]: isCut ? 'session_closed' : outcome, ...measuresOf(metrics) });
    if (outcome === 'failed') this.span.fail(failure === undefined ? 'tts_failed' : errorTypeOf(failure));
    this.part?.end();
    this.span.end();
  }

  private get current(): LiveSpan {
    return this.part ?? this.span;
  }
}

/** One sentence at the synthesiser. */
export class SentenceSpan {
  private hasAudio = false;
  private readonly onAbort = (): void => this.fail(this.signal.reason);

  constructor(
    private readonly span: LiveSpan,
    private readonly signal: AbortSignal,
  ) {
    // A synthesiser that does not listen to its signal is left where it is.
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** @param sinceMs how long it took */
  firstAudio(sinceMs: number): void {
    if (!this.hasAudio) this.span.set({ [Attribute.firstAudioMs]: Math.round(sinceMs * 10) / 10 });
    this.hasAudio = true;
  }

  fail(error: unknown): void {
    if (isAborted(error)) this.span.set({ [Attribute.aborted]: error.kind });
    else this.span.fail(errorTypeOf(error));
    this.end();
  }

  /** Idempotent. */
  end(): void {
    this.signal.removeEventListener('abort', this.onAbort);
    this.span.end();
  }
}

/** An utterance that is over, in the span it belongs to. */
export function recogniserSpan(
  parent: LiveSpan,
  { startedAt, endedAt, result, error }: Recognition,
  content: Redact | undefined,
  isIgnored: boolean,
): void {
  if (!parent.isRecorded) return;
  const provider = result?.provider ?? 'unknown';
  const attributes: Attributes = {
    [Attribute.operation]: 'speech_to_text',
    [Attribute.provider]: provider,
    ...(isIgnored && { [Attribute.ignored]: true }),
    ...(result && { [Attribute.confidence]: result.confidence, [Attribute.rejected]: result.rejected }),
    ...(result && content && { [Attribute.callerText]: content(result.text) }),
    ...(!result && !error && { [Attribute.aborted]: 'session_closed' }),
  };
  const span = parent.child(SpanName.speechToText(provider), { kind: SpanKind.CLIENT, startedAt, attributes });
  if (error) span.fail(errorTypeOf(error));
  span.end(endedAt);
}

/** An id that comes from a model can be anything. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function measuresOf(metrics: GenerationMetrics): Attributes {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${Attribute.turnMeasure}${name}`, value]));
}
