import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { type ReadableSpan, type Span, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** Everything that is traced in this process from the first look on, kept here instead of being sent. */
export class RecordedSpans implements SpanProcessor {
  private static only: RecordedSpans | undefined;
  /** In the order in which they were begun. */
  private readonly begun: ReadableSpan[] = [];

  /** There is one provider to a process. */
  static get(): RecordedSpans {
    if (this.only) return this.only;
    const spans = new RecordedSpans();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spans] }));
    return (this.only = spans);
  }

  get all(): readonly ReadableSpan[] {
    return this.begun;
  }

  /** In the order in which they began; those that have not ended are a leak. */
  of(traceId: string): ReadableSpan[] {
    return this.begun
      .filter((span) => span.spanContext().traceId === traceId)
      .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
  }

  /** Of everything that has to do with a conversation. */
  ofConversation(id: string): ReadableSpan[] {
    const one = this.begun.find((span) => span.attributes['gen_ai.conversation.id'] === id);
    return one ? this.of(one.spanContext().traceId) : [];
  }

  onStart(span: Span): void {
    this.begun.push(span);
  }

  onEnd(): void {
    // A span itself knows whether it has ended.
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
