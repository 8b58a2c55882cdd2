import {
  type Attributes,
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  createContextKey,
  defaultTextMapGetter,
  propagation,
  trace,
} from '@opentelemetry/api';
import type { Clock } from './clock.js';
import { ParleyError } from './errors.js';
import { Attribute } from './telemetry-names.js';

const tracer = trace.getTracer('parley');
const LIVE_SPAN = createContextKey('parley.live-span');

export interface SpanOptions {
  readonly clock: Clock;
  readonly kind?: SpanKind;
  /** Clock time; now if undefined. */
  readonly startedAt?: number;
  readonly attributes?: Attributes;
  /** Other traces that it has to do with, as `traceparent`. */
  readonly links?: readonly string[];
}

/**
 * A span by our clock. Where nothing is traced it costs next to nothing. What comes after its end is ignored: whoever is
 * late does not have to know.
 */
export class LiveSpan {
  /** What begins in it is its child. */
  readonly context: Context;
  private isOpen = true;

  private constructor(
    private readonly span: Span,
    parent: Context,
    private readonly clock: Clock,
    /** Of the wall clock to ours, the same for a whole trace: a step of the wall clock moves no child out of its parent. */
    private readonly offsetMs: number,
  ) {
    this.context = trace.setSpan(parent, span).setValue(LIVE_SPAN, this);
  }

  static start(name: string, parent: Context, options: SpanOptions): LiveSpan {
    const { clock, kind = SpanKind.INTERNAL, startedAt = clock.now(), attributes, links = [] } = options;
    const above = parent.getValue(LIVE_SPAN) as LiveSpan | undefined;
    const offsetMs = above?.offsetMs ?? clock.wallTime() - clock.now();
    const span = tracer.startSpan(
      name,
      {
        kind,
        startTime: hrTime(startedAt + offsetMs),
        ...(attributes && { attributes }),
        links: links.flatMap((traceparent) => trace.getSpanContext(contextOf({ traceparent })) ?? []).map(asLink),
      },
      parent,
    );
    return new LiveSpan(span, parent, clock, offsetMs);
  }

  /** What is going on, if it is one of ours. Steps of the start-up are not: what they leave running is not theirs. */
  static get active(): LiveSpan | undefined {
    const span = context.active().getValue(LIVE_SPAN) as LiveSpan | undefined;
    return span?.isOpen ? span : undefined;
  }

  /** Whether anybody will see it. */
  get isRecorded(): boolean {
    return this.isOpen && this.span.isRecording();
  }

  /** W3C; undefined where nothing is traced. */
  get traceparent(): string | undefined {
    return headersOf(this.context)['traceparent'];
  }

  child(name: string, options: Omit<SpanOptions, 'clock'> = {}): LiveSpan {
    return LiveSpan.start(name, this.context, { ...options, clock: this.clock });
  }

  /** What `work` begins, now and later, is its child. */
  run<T>(work: () => T): T {
    return context.with(this.context, work);
  }

  set(attributes: Attributes): void {
    if (this.isRecorded) this.span.setAttributes(attributes);
  }

  event(name: string, attributes?: Attributes): void {
    if (this.isRecorded) this.span.addEvent(name, attributes, hrTime(this.clock.now() + this.offsetMs));
  }

  /** @param type of few: a code, not a message, which may hold what was said. */
  fail(type: string): void {
    if (!this.isRecorded) return;
    this.span.setAttribute(Attribute.errorType, type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  /** Idempotent. @param at clock time; now if undefined. */
  end(at: number = this.clock.now()): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.span.end(hrTime(at + this.offsetMs));
  }
}

/** The code of one of our errors, of others only the kind. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof ParleyError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

/** The trace that somebody's request belongs to, as its headers say; a new one will begin if they say nothing valid. */
export function contextOf(headers: Readonly<Record<string, string | string[] | undefined>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
}

/** For a request that belongs to what is going on; empty where nothing is traced. */
export function traceHeaders(): Record<string, string> {
  const { active } = LiveSpan;
  return active ? headersOf(active.context) : {};
}

function headersOf(of: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(of, headers);
  return headers;
}

/** `fetch` of addresses that says to which trace its requests belong. */
export function withTraceHeaders<F extends (input: never, init?: never) => unknown>(ask: F): F {
  const asks = ask as unknown as (
    input: unknown,
    init?: { headers?: ConstructorParameters<typeof Headers>[0] },
  ) => unknown;
  const traced: typeof asks = (input, init) => {
    const added = Object.entries(traceHeaders());
    if (added.length === 0) return asks(input, init);
    const headers = new Headers(init?.headers);
    for (const [name, value] of added) headers.set(name, value);
    return asks(input, { ...init, headers: Object.fromEntries(headers) });
  };
  return traced as unknown as F;
}

function asLink(spanContext: ReturnType<Span['spanContext']>): { context: typeof spanContext } {
  return { context: spanContext };
}

/** Not as a number: the SDK takes small ones for times since the process began. */
function hrTime(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1000);
  return [seconds, Math.round((unixMs - seconds * 1000) * 1e6)];
}
