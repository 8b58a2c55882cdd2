import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { RecordedSpans } from '../../src/telemetry/testing/recorded-spans.js';
import { ListenCaller } from '../listen/support/listen-caller.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const SAID = 'xylophone';

const spans = RecordedSpans.get();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    ...withoutSpeech,
    SCRIPTED_STT_TEXT: `my ${SAID} was stolen`,
    CONVERSATION_STORE: 'sqlite',
  });
});
afterAll(() => server.stop());

describe('a session that listens', () => {
  it('is one span of its caller’s trace, with what happened as events, and what comes after it below', async () => {
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
    const caller = await ListenCaller.dial(server.url, '?sample_rate=8000&channels=2', { traceparent });
    await caller.ready();
    const frame = Buffer.alloc(1 + 8000, 0x21);
    frame[0] = 1;
    const silence = Buffer.alloc(1 + 16_000);
    silence[0] = 1;
    for (const audio of [frame, frame, silence]) caller.socket.send(audio);
    await caller.until(() => caller.texts.length > 0);
    const { conversationId } = caller;
    caller.send({ type: 'end' });
    await caller.closed;
    expect(await server.quiet()).toMatchObject({ slots: 0, sessions: 0 });
    const named = (name: string): ReadableSpan | undefined =>
      spans.of(CALLER.traceId).find((span) => span.name === name);
    while (!named('post_call')?.ended) await new Promise((resolve) => setTimeout(resolve, 5));
    const [listen, read] = [named('listen')!, named('post_call')!];
    expect(listen).toMatchObject({ ended: true, parentSpanContext: CALLER });
    expect(listen.attributes).toMatchObject({ 'parley.end_reason': 'completed', 'parley.listen.segments': 1 });
    expect(listen.events.map(({ name }) => name)).toContain('parley.conversation.began');
    expect(listen.events.find(({ name }) => name === 'parley.conversation.began')?.attributes).toEqual({
      'gen_ai.conversation.id': conversationId,
    });
    expect(read.parentSpanContext?.spanId).toBe(listen.spanContext().spanId);
    expect(read.attributes).toMatchObject({
      'gen_ai.conversation.id': conversationId,
      'parley.outcome': 'processed',
    });
    const told = spans.of(CALLER.traceId).map(({ attributes, events }) => [attributes, events]);
    expect(JSON.stringify(told)).not.toContain(SAID);
  });
});
