import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, propagation, trace } from '@opentelemetry/api';
import { RecordedSpans } from '../telemetry/testing/recorded-spans.js';
import { ManualClock } from './clock.js';
import { ParleyError } from './errors.js';
import { LiveSpan, contextOf, errorTypeOf, traceHeaders, withTraceHeaders } from './live-span.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a span', () => {
  it('takes as long as our clock says, whatever becomes of the wall clock', async () => {
    const spans = RecordedSpans.get();
    class Stepping extends ManualClock {
      stepMs = 0;

      override wallTime(): number {
        return super.wallTime() + this.stepMs;
      }
    }
    const clock = new Stepping();
    const call = LiveSpan.start('call', ROOT_CONTEXT, { clock });
    await clock.advance(1500.5);
    clock.stepMs = -3_600_000;
    const turn = call.child('turn', { startedAt: 1000 });
    turn.end();
    call.end();
    const [root, child] = spans.of(call.traceparent!.split('-')[1]!);
    expect(root?.duration).toEqual([1, 500_500_000]);
    expect(child?.startTime[0]).toBe(root!.startTime[0] + 1);
    expect(child?.duration).toEqual([0, 500_500_000]);
  });

  it('ends once, and takes nothing in afterwards', () => {
    const spans = RecordedSpans.get();
    const span = LiveSpan.start('call', ROOT_CONTEXT, { clock: new ManualClock() });
    span.end();
    span.end();
    span.set({ late: true });
    span.event('late');
    span.fail('late');
    const [, traceId] = span.traceparent!.split('-');
    expect(spans.of(traceId!)).toMatchObject([{ attributes: {}, events: [], status: { code: 0 }, ended: true }]);
  });

  it('is found by what runs in it, also later', async () => {
    RecordedSpans.get();
    const span = LiveSpan.start('call', ROOT_CONTEXT, { clock: new ManualClock() });
    const headers = await span.run(async () => {
      await Promise.resolve();
      return traceHeaders();
    });
    expect(headers).toEqual({ traceparent: span.traceparent });
    expect(traceHeaders()).toEqual({});
    span.end();
    expect(span.run(() => traceHeaders())).toEqual({});
  });
});

describe('a request', () => {
  it('says to which trace it belongs, beside its own headers', async () => {
    RecordedSpans.get();
    const asked: unknown[] = [];
    const ask = withTraceHeaders(async (url: string, init?: RequestInit) => void asked.push([url, init]));
    const span = LiveSpan.start('call', ROOT_CONTEXT, { clock: new ManualClock() });
    await span.run(() => ask('http://x/', { method: 'POST', headers: { Accept: 'text/plain' } }));
    await ask('http://x/', { method: 'POST' });
    expect(asked).toEqual([
      ['http://x/', { method: 'POST', headers: { accept: 'text/plain', traceparent: span.traceparent } }],
      ['http://x/', { method: 'POST' }],
    ]);
    span.end();
  });

  it.each([
    ['nothing', {}],
    ['nonsense', { traceparent: 'nonsense' }],
    ['several', { traceparent: [TRACEPARENT, TRACEPARENT] }],
    ['no trace', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` }],
  ])('that says %s begins a trace, or goes on with what is valid', (_, headers) => {
    RecordedSpans.get();
    const found = trace.getSpanContext(contextOf(headers))?.traceId;
    expect([undefined, TRACEPARENT.split('-')[1]]).toContain(found);
  });

  it('does not bring anything else along', () => {
    RecordedSpans.get();
    const context = contextOf({ traceparent: TRACEPARENT, baggage: 'user=ada' });
    expect(trace.getSpanContext(context)).toMatchObject({ spanId: TRACEPARENT.split('-')[2], isRemote: true });
    expect(propagation.getBaggage(context)).toBeUndefined();
  });
});

describe('the kind of an error', () => {
  it.each([
    [new ParleyError('llm_failed', 'secret'), 'llm_failed'],
    [new TypeError('secret'), 'TypeError'],
    ['secret', 'unknown'],
  ])('of %p is %s', (error, type) => {
    expect(errorTypeOf(error)).toBe(type);
  });
});
