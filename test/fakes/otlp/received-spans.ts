/** A span as a collector has it. Times in Unix ms. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  /** Of the protocol: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly links: readonly string[];
  readonly isError: boolean;
  /** What is said of whoever has sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

interface RawValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly RawValue[] };
}
type RawAttributes = readonly { readonly key: string; readonly value?: RawValue }[];

interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: RawAttributes;
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: RawAttributes;
  }[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

const ERROR = 2;

/** Of a decoded ExportTraceServiceRequest. */
export function spansOf(message: Record<string, unknown>): ReceivedSpan[] {
  const { resourceSpans = [] } = message as {
    resourceSpans?: { resource?: { attributes?: RawAttributes }; scopeSpans?: { spans?: RawSpan[] }[] }[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const sender = attributesOf(resource?.attributes);
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => spanOf(span, sender)));
  });
}

function spanOf(span: RawSpan, resource: Record<string, unknown>): ReceivedSpan {
  const { events = [], links = [] } = span;
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentId: hex(span.parentSpanId ?? ''),
    name: span.name,
    kind: span.kind ?? 0,
    startMs: msOf(span.startTimeUnixNano),
    endMs: msOf(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    events: events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      atMs: msOf(timeUnixNano),
      attributes: attributesOf(attributes),
    })),
    links: links.map(({ spanId }) => hex(spanId)),
    isError: span.status?.code === ERROR,
    resource,
  };
}

function attributesOf(attributes: RawAttributes = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: RawValue = {}): unknown {
  if (intValue !== undefined) return Number(intValue);
  return stringValue ?? boolValue ?? doubleValue ?? arrayValue?.values?.map(valueOf);
}

function msOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
