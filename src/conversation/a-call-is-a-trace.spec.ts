import { describe, expect, it } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { contextOf, traceHeaders } from '../kernel/live-span.js';
import { LlmError } from '../llm/llm-error.js';
import { RecordedSpans } from '../telemetry/testing/recorded-spans.js';
import { HandoffToAgentTool } from '../tools/builtin/handoff-to-agent.tool.js';
import { ResumeTicket } from './resume/resume-store.js';
import { ConversationHarness, type HarnessOptions, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SECRET = 'xylophone';

const ms = ([seconds, nanoseconds]: ReadableSpan['startTime']): number => seconds * 1000 + nanoseconds / 1e6;
const named = (call: ConversationHarness, name: string): ReadableSpan[] =>
  call.trace.filter((span) => span.name === name);
const turnsOf = (call: ConversationHarness): ReadableSpan[] => named(call, 'invoke_agent desk');

/** Each span with the one it is in, and how long it took: `call > invoke_agent desk 120`. */
function tree(spans: readonly ReadableSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans.map((span) => {
    const parent = names.get(span.parentSpanContext?.spanId ?? '') ?? '';
    return `${parent} > ${span.name} ${Math.round(ms(span.endTime) - ms(span.startTime))}`.trim();
  });
}

/** A caller who asks something that a tool knows. */
async function ask(options: HarnessOptions = {}): Promise<ConversationHarness> {
  const call: ConversationHarness = new ConversationHarness({
    agents: [testAgent({ tools: ['look_up'] })],
    tools: [
      testTool('look_up', async () => {
        await call.clock.delay(80);
        return { result: { [SECRET]: 'twelve' } };
      }),
    ],
    tts: { firstChunkAfterMs: 90 },
    ...options,
  });
  await call.start();
  call.llm.reply({ tool: 'look_up', arguments: { of: SECRET }, afterMs: 100 });
  call.llm.reply({ text: `It is your ${SECRET}. `, afterMs: 150 }, { text: 'Yes.', afterMs: 50 });
  call.stt.hears({ text: `where is my ${SECRET}`, afterMs: 70 });
  await call.speak(600);
  await call.until('generation_complete');
  return call;
}

describe('a call', () => {
  it('is a span, with one for each turn and in it what was done for it, as long as it took', async () => {
    const call = await ask();
    const { metrics } = call.wire.events('generation_complete')[0]!;
    await call.hangUp();
    const [root, turn, stt] = call.trace as [ReadableSpan, ReadableSpan, ReadableSpan];
    const whole = Math.round(ms(turn.endTime) - ms(turn.startTime));
    const { duration_ms } = call.wire.events('session_ended')[0]!;
    expect(tree(call.trace)).toEqual([
      `> call ${duration_ms}`,
      `call > invoke_agent desk ${whole}`,
      'invoke_agent desk > speech_to_text scripted 1110',
      'invoke_agent desk > chat scripted 100',
      'invoke_agent desk > execute_tool look_up 80',
      'invoke_agent desk > chat scripted 200',
      'invoke_agent desk > text_to_speech hum 90',
      'invoke_agent desk > text_to_speech hum 90',
    ]);
    expect(stt.startTime).toEqual(turn.startTime);
    expect(root.attributes).toMatchObject({
      'gen_ai.conversation.id': call.pipeline.id,
      'parley.end_reason': 'hangup',
      'parley.call.turns': 1,
    });
    expect(turn.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.invocation.end_reason': 'completed',
      'parley.turn.id': 'turn_1',
      'parley.turn.voice_to_voice_ms': metrics.voice_to_voice_ms,
      'parley.turn.llm_first_token_ms': metrics.llm_first_token_ms,
    });
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('holds nothing of what was said, nor of what tools were told and answered', async () => {
    const call = await ask();
    await call.hangUp();
    expect(call.trace.length).toBeGreaterThan(5);
    for (const { attributes, events, status } of call.trace)
      expect(JSON.stringify([attributes, events, status])).not.toMatch(/xylophone|twelve|pii/);
  });

  it('holds nothing that a model makes up, be it the name of a tool or the id of a call', async () => {
    const call = await ConversationHarness.start({ agents: [testAgent()] });
    call.llm.reply({ tool: 'xylophone_4242', arguments: {} }).reply('No.');
    await call.ask('go on');
    await call.hangUp();
    expect(named(call, 'execute_tool (unknown)')[0]!.attributes).toMatchObject({
      'gen_ai.tool.name': '(unknown)',
      'gen_ai.tool.call.id': expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    for (const { name, attributes } of call.trace)
      expect([name, JSON.stringify(attributes)].join()).not.toContain('xylophone');
  });

  it('holds it, redacted, where an operator wants it, and only under keys that say so', async () => {
    const call = new ConversationHarness({ traceContent: true });
    await call.start();
    call.llm.reply('Your number is 4242 4242 4242 4242.');
    await call.ask('my card is 4242424242424242');
    await call.hangUp();
    const texts = call.trace.flatMap(({ attributes }) =>
      Object.entries(attributes).filter(([, value]) => /card|number/.test(String(value))),
    );
    expect(texts).toEqual([
      ['parley.pii.caller_text', 'my card is [card]'],
      ['parley.pii.agent_text', 'Your number is [card].'],
    ]);
  });

  it('shows tools’ arguments and results then, too', async () => {
    const call = await ask({ traceContent: true });
    await call.hangUp();
    expect(named(call, 'execute_tool look_up')[0]!.attributes).toMatchObject({
      'parley.pii.tool_arguments': '{"of":"xylophone"}',
      'parley.pii.tool_result': '{"xylophone":"twelve"}',
    });
  });

  it('gives tools what to pass on to whom they ask', async () => {
    const headers: Record<string, string>[] = [];
    const call = await ConversationHarness.start({
      agents: [testAgent({ tools: ['look_up'] })],
      tools: [
        testTool('look_up', async () => {
          await Promise.resolve();
          headers.push(traceHeaders());
          return { result: null };
        }),
      ],
    });
    call.llm.reply({ tool: 'look_up' }).reply('Here it is.');
    await call.ask('hello');
    await call.hangUp();
    const { traceId, spanId } = named(call, 'execute_tool look_up')[0]!.spanContext();
    expect(headers).toEqual([{ traceparent: `00-${traceId}-${spanId}-01` }]);
  });

  it('belongs to the trace of whoever opened it', async () => {
    RecordedSpans.get();
    const headers = { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` };
    const call = await ConversationHarness.start({ traceParent: contextOf(headers) });
    await call.hangUp();
    expect(named(call, 'call')[0]!.parentSpanContext).toMatchObject(CALLER);
  });

  it('is not traced if whoever opened it does not want it to be', async () => {
    RecordedSpans.get();
    const traceId = '1'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${CALLER.spanId}-00` };
    const call = await ConversationHarness.start({ traceParent: contextOf(headers) });
    await call.ask('hello');
    await call.hangUp();
    expect(call.spans.of(traceId)).toEqual([]);
    expect(call.records.at(-1)?.traceparent).toMatch(new RegExp(`^00-${traceId}-\\w{16}-00$`));
  });

  it('tells the record of it where the rest of its trace belongs', async () => {
    const call = await ConversationHarness.start();
    await call.hangUp();
    const { traceId, spanId } = named(call, 'call')[0]!.spanContext();
    expect(call.records.at(-1)?.traceparent).toBe(`00-${traceId}-${spanId}-01`);
  });

  it('that is over before it is built says so', async () => {
    const call = new ConversationHarness();
    const { signal } = new AbortController();
    await call.speech.start(signal);
    const others = await Promise.all(['ada', 'bob'].map((id) => call.speech.lease(id, signal)));
    const plain = { scenario: 'test', agent: undefined, tenant: 'acme', resumable: false };
    const failed = expect(call.pipeline.reserve(plain)).rejects.toMatchObject({ kind: 'hangup' });
    await call.clock.advance(100);
    await call.pipeline.close('hangup');
    await failed;
    for (const other of others) other.release();
    expect(tree(call.trace)).toEqual(['> call 100']);
    expect(call.trace[0]).toMatchObject({ ended: true, attributes: { 'parley.end_reason': 'hangup' } });
  });

  it('goes on in its trace after its connection was lost', async () => {
    const first = await ConversationHarness.start({ resumable: true });
    await first.ask('hello');
    const ticket = new ResumeTicket('acme', first.wire.events('session_started')[0]!.resume_token!);
    await first.pipeline.close('lost');
    const next = new ResumeTicket('acme');
    const snapshot = (await first.resume.take(ticket, next))!;
    const second = await ConversationHarness.start({ resumed: { snapshot, ticket: next } });
    await second.hangUp();
    const [before, after] = named(second, 'call') as [ReadableSpan, ReadableSpan];
    expect(after.parentSpanContext?.spanId).toBe(before.spanContext().spanId);
    expect(after.attributes['parley.call.resumed']).toBe(true);
  });
});

describe('a turn', () => {
  it('shows that the caller cut in, and when', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('This is a long answer with many words in it. ', 'And another sentence.');
    call.pipeline.pushText('hello');
    await call.quiet(1000);
    await call.say('stop that now');
    await call.until('generation_complete', ({ outcome }) => outcome === 'completed');
    await call.hangUp();
    const [cut] = turnsOf(call) as [ReadableSpan];
    const { metrics } = call.wire.events('generation_complete')[0]!;
    expect(cut.attributes['gen_ai.agent.invocation.end_reason']).toBe('interrupted');
    expect(cut.events.map(({ name }) => name)).toEqual(['parley.held', 'parley.barge_in']);
    expect(cut.events[1]!.attributes).toMatchObject({ 'parley.stop_ms': Math.round(metrics.barge_in_stop_ms!) });
  });

  it('shows that it was nothing, and the agent went on', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply('This is a long answer with many words in it. ', 'And another sentence.');
    call.pipeline.pushText('hello');
    await call.quiet(1000);
    await call.say('okay');
    await call.until('generation_complete');
    await call.hangUp();
    expect(turnsOf(call)[0]!.events.map(({ name }) => name)).toEqual(['parley.held', 'parley.released']);
    const [stt] = named(call, 'speech_to_text scripted') as [ReadableSpan];
    expect(stt.attributes['parley.stt.ignored']).toBe(true);
    expect(stt.parentSpanContext?.spanId).toBe(named(call, 'call')[0]!.spanContext().spanId);
  });

  it('shows to whom the call was handed, but not what a model wrote about why', async () => {
    const call = await ConversationHarness.start({
      agents: [testAgent({ tools: ['handoff_to_agent'] }), testAgent({ name: 'fraud' })],
      handoffs: [{ from: 'desk', to: 'fraud', when: 'A card was stolen', kind: 'discrete' }],
      tools: [new HandoffToAgentTool()],
    });
    call.llm.reply({ tool: 'handoff_to_agent', arguments: { target: 'fraud', reason: SECRET } }).reply('Hello.');
    await call.ask('my card was stolen');
    await call.ask('and now?');
    await call.hangUp();
    expect(turnsOf(call)[0]!.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'parley.handoff',
        { 'parley.handoff.from': 'desk', 'parley.handoff.to': 'fraud', 'parley.handoff.kind': 'discrete' },
      ],
    ]);
    const [within, next] = named(call, 'invoke_agent fraud') as [ReadableSpan, ReadableSpan];
    expect(within.parentSpanContext?.spanId).toBe(turnsOf(call)[0]!.spanContext().spanId);
    expect(within.attributes).toMatchObject({ 'gen_ai.agent.name': 'fraud', 'parley.generation.id': 'gen_1' });
    expect(tree(call.trace).map((edge) => edge.replace(/ \d+$/, ''))).toEqual([
      '> call',
      'call > invoke_agent desk',
      'invoke_agent desk > chat scripted',
      'invoke_agent desk > execute_tool handoff_to_agent',
      'invoke_agent desk > invoke_agent fraud',
      'invoke_agent fraud > chat scripted',
      'invoke_agent fraud > text_to_speech hum',
      'call > invoke_agent fraud',
      'invoke_agent fraud > chat scripted',
      'invoke_agent fraud > text_to_speech hum',
    ]);
    expect(next.attributes).toMatchObject({ 'parley.turn.id': 'turn_2' });
    expect(JSON.stringify(call.trace.map(({ events }) => events))).not.toContain(SECRET);
  });

  it.each<[string, (call: ConversationHarness) => void, string, string]>([
    ['recogniser', (call) => call.stt.hears({ error: SECRET }), 'speech_to_text unknown', 'stt_failed'],
    ['model', (call) => call.llm.reply({ error: new LlmError('overloaded', SECRET) }), 'chat scripted', 'overloaded'],
    ['synthesiser', (call) => call.tts.failsOn('right'), 'text_to_speech hum', 'tts_failed'],
  ])('shows that the %s failed, and how, but not with which words', async (_, spoil, span, type) => {
    const call = await ConversationHarness.start();
    spoil(call);
    await call.say('hello');
    await call.until('generation_complete');
    await call.hangUp();
    const failed = call.trace.filter(({ attributes }) => attributes['error.type'] !== undefined);
    expect(failed.map(({ name, attributes }) => [name, attributes['error.type']])).toContainEqual([span, type]);
    expect(
      JSON.stringify(call.trace.map(({ attributes, events, status }) => [attributes, events, status])),
    ).not.toContain(SECRET);
  });

  it('that the call ends in says so, whatever hangs', async () => {
    const call = await ConversationHarness.start();
    call.llm.reply({ stall: true });
    call.pipeline.pushText('hello');
    await call.quiet(100);
    await call.hangUp();
    expect(turnsOf(call)[0]!.attributes['gen_ai.agent.invocation.end_reason']).toBe('session_closed');
    expect(named(call, 'chat scripted')[0]!.attributes['parley.aborted']).toBe('hangup');
    expect(await call.left()).toEqual(nothingLeft);
  });
});
