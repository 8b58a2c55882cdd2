import { type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { AbortKind } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import { LiveSpan, contextOf } from '../kernel/live-span.js';
import { Attribute, SpanEvent, SpanName } from '../kernel/telemetry-names.js';
import type { Redact } from '../services/conversations/redaction.js';
import { TurnTrace, recogniserSpan } from './turn-trace.js';
import type { Recognition, Turn } from './turn.js';

export interface CallTraceOptions {
  readonly clock: Clock;
  readonly sessionId: string;
  readonly tenant: string;
  readonly scenario: string;
  readonly agent: string;
  /** Clock time since which the caller waits. */
  readonly since: number;
  /** Of the request that opened the call. */
  readonly parent: Context | undefined;
  /** The trace so far of a call that goes on after its connection was lost. */
  readonly earlier: string | undefined;
  /** What of a text may be in the trace; undefined where nothing that was said may be. */
  readonly content: Redact | undefined;
}

/** Ends that are nobody's wish. */
const FAULTS: ReadonlySet<AbortKind> = new Set(['error', 'timeout', 'protocol']);

/**
 * A call as a trace: a span for the connection, in it one for each turn. A call that goes on after a loss goes on in the
 * trace it had, unless its new connection belongs to another one; then they are linked.
 */
export class CallTrace {
  private readonly root: LiveSpan;
  private endedAt: number | undefined;

  constructor(private readonly options: CallTraceOptions) {
    const { clock, sessionId, tenant, scenario, agent, since, parent = ROOT_CONTEXT, earlier } = options;
    const isCalledFrom = trace.getSpanContext(parent) !== undefined;
    const above = isCalledFrom || earlier === undefined ? parent : contextOf({ traceparent: earlier });
    this.root = LiveSpan.start(SpanName.call, above, {
      clock,
      kind: SpanKind.SERVER,
      startedAt: since,
      attributes: {
        [Attribute.conversation]: sessionId,
        [Attribute.tenant]: tenant,
        [Attribute.scenario]: scenario,
        [Attribute.agent]: agent,
        [Attribute.resumed]: earlier !== undefined,
      },
      ...(earlier !== undefined && isCalledFrom && { links: [earlier] }),
    });
  }

  /** Undefined where nothing is traced. */
  get traceparent(): string | undefined {
    return this.root.traceparent;
  }

  /** The agent answers, or speaks on its own account. @param agent who begins @param startedAt clock time */
  turn(generationId: string, turn: Turn, agent: string, startedAt: number): TurnTrace {
    const { content, sessionId } = this.options;
    return new TurnTrace(this.root, { generationId, turn, agent, startedAt, sessionId, content });
  }

  /** The recogniser has been at work for something that is no turn. */
  recognised(recognition: Recognition): void {
    recogniserSpan(this.root, recognition, this.options.content, true);
  }

  /** After the last turn: it is the call that is transferred. */
  transfer(target: string, status: string): void {
    this.root.event(SpanEvent.transfer, { [Attribute.target]: target, [Attribute.status]: status });
  }

  paused(isPaused: boolean): void {
    this.root.event(isPaused ? SpanEvent.paused : SpanEvent.resumed);
  }

  audioDropped(source: string, durationMs: number, reason: string): void {
    this.root.event(SpanEvent.audioDropped, {
      [Attribute.source]: source,
      [Attribute.durationMs]: Math.round(durationMs),
      [Attribute.reason]: reason,
    });
  }

  /** The caller hears nothing any more; what is left to do is not the call. */
  over(): void {
    this.endedAt ??= this.options.clock.now();
  }

  /** Idempotent. */
  end(kind: AbortKind, turns: number, leaked: readonly string[] = []): void {
    this.root.set({
      [Attribute.endReason]: kind,
      [Attribute.turns]: turns,
      ...(leaked.length > 0 && { [Attribute.leakedTasks]: [...leaked] }),
    });
    if (FAULTS.has(kind)) this.root.fail(kind);
    this.root.end(this.endedAt);
  }
}
