import { type Context, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { AbortKind } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import { LiveSpan } from '../kernel/live-span.js';
import { Attribute, SpanEvent, SpanName } from '../kernel/telemetry-names.js';
import type { ServiceStatus } from './messages/server-messages.js';

export interface ListenTraceOptions {
  readonly clock: Clock;
  readonly sessionId: string;
  readonly tenant: string;
  readonly channels: 1 | 2;
  /** Of the request that opened the session. */
  readonly parent: Context | undefined;
}

/** A session that listens, as one span: what happens in it is an event, as there are too many utterances for a span each. */
export class ListenTrace {
  private readonly span: LiveSpan;

  constructor({ clock, sessionId, tenant, channels, parent = ROOT_CONTEXT }: ListenTraceOptions) {
    this.span = LiveSpan.start(SpanName.listen, parent, {
      clock,
      kind: SpanKind.SERVER,
      attributes: {
        [Attribute.session]: sessionId,
        [Attribute.tenant]: tenant,
        [Attribute.channels]: channels,
      },
    });
  }

  /** Undefined where nothing is traced. */
  get traceparent(): string | undefined {
    return this.span.traceparent;
  }

  /** What is heard from now on belongs to this one. */
  conversation(id: string): void {
    this.span.event(SpanEvent.conversationBegan, { [Attribute.conversation]: id });
  }

  status(status: ServiceStatus): void {
    this.span.event(SpanEvent.serviceStatus, { [Attribute.status]: status });
  }

  /** @param segments that were understood */
  end(kind: AbortKind, segments: number, leaked: readonly string[]): void {
    this.span.set({
      [Attribute.endReason]: kind,
      [Attribute.segments]: segments,
      ...(leaked.length > 0 && { [Attribute.leakedTasks]: [...leaked] }),
    });
    if (kind === 'error' || kind === 'protocol') this.span.fail(kind);
    this.span.end();
  }
}
