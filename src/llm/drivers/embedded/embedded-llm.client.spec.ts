import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Aborted } from '../../../kernel/abort.js';
import { ManualClock } from '../../../kernel/clock.js';
import { type DialogueSpec, EXPECTING } from '../../dialogue-spec.js';
import type { LlmEvent, LlmMessage, LlmRequest } from '../../llm-client.js';
import { EmbeddedLlmClient } from './embedded-llm.client.js';

const llm = new EmbeddedLlmClient(new ManualClock());
const rest = { slots: [], confirm: [], denied: [], replies: [], failed: [] };

const dialogue: DialogueSpec = {
  slots: {
    code: { kind: 'digits', minLength: 4, maxLength: 4, ask: ['Which code?'], phrases: ['the code is {code}'] },
    sum: { kind: 'amount', ask: ['How much?'] },
    day: { kind: 'date', ask: ['Which day?'] },
    count: { kind: 'number', ask: ['How many?'] },
    sure: { kind: 'yesno', ask: ['Sure?'] },
    colour: {
      kind: 'choice',
      values: [
        { value: 'red', synonyms: ['crimson'] },
        { value: 'blue', synonyms: [] },
      ],
      ask: ['Red or blue?'],
    },
  },
  intents: {
    pay: {
      ...rest,
      title: 'paying',
      examples: ['pay {sum}', 'i want to pay', 'make a payment'],
      slots: ['code', 'sum', 'day', 'colour', 'sure', 'count'],
      confirm: ['Pay {{ slots.sum | money }}?'],
      filler: 'One moment.',
      tool: { name: 'pay', arguments: { amount: '{{ slots.sum }}', code: '{{ slots.code }}', note: '{{ nothing }}' } },
      replies: [
        { when: 'result.ok', say: ['Paid.'], next: { type: 'done' } },
        { say: ['Refused.'], next: { type: 'retry', slots: [] } },
      ],
    },
    circle: {
      ...rest,
      examples: ['go round'],
      replies: [{ say: ['Round.'], next: { type: 'start', intent: 'circle' } }],
    },
    guarded: {
      ...rest,
      examples: ['open the door'],
      requires: 'pay',
      replies: [{ say: ['Open.'], next: { type: 'done' } }],
    },
    move: {
      ...rest,
      examples: ['move me'],
      replies: [{ say: ['Moving.'], next: { type: 'handoff', target: 'b', reason: 'moved' } }],
    },
    stop: { ...rest, command: 'cancel', examples: ['never mind'] },
    again: { ...rest, command: 'repeat', examples: ['say it again'] },
    bye: { ...rest, examples: ['goodbye'], replies: [{ say: ['Bye.'], next: { type: 'end', reason: 'done' } }] },
  },
  onHandoff: { moved: { say: ['Here I am.'], start: 'pay' } },
};

function request(messages: readonly LlmMessage[], memory: Record<string, unknown> = {}, spec = dialogue): LlmRequest {
  return {
    messages: [{ role: 'system', content: 'You are kind.' }, ...messages],
    tools: [],
    dialogue: spec,
    variables: {},
    memory,
  };
}

async function eventsOf(asked: LlmRequest, signal = new AbortController().signal): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for await (const event of llm.stream(asked, signal)) events.push(event);
  return events;
}

const textOf = (events: readonly LlmEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');
const user = (content: string): LlmMessage => ({ role: 'user', content });

describe('EmbeddedLlmClient', () => {
  it('speaks a few words at a time and finishes once', async () => {
    const memory = {};
    const events = await eventsOf(request([user('i want to pay')], memory));
    expect(events).toEqual([
      { type: 'text', text: 'Which code?' },
      { type: 'finish', reason: 'stop' },
    ]);
    const long = await eventsOf(request([user('the code is four two four two and I pay twelve dollars')], memory));
    expect(long.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect(memory).toMatchObject({ [EXPECTING]: ['sum'] });
  });

  it('calls a tool with typed arguments, without those that are empty', async () => {
    const memory = {};
    for (const words of ['pay twelve dollars', '4242', 'tomorrow', 'crimson', 'yes', 'three'])
      await eventsOf(request([user(words)], memory));
    const events = await eventsOf(request([user('yes')], memory));
    expect(events).toEqual([
      { type: 'text', text: 'One moment.' },
      {
        type: 'tool_call',
        call: { callId: 'call_1', name: 'pay', arguments: '{"amount":12,"code":"4242"}', byRule: true },
      },
      { type: 'finish', reason: 'tool_calls' },
    ]);
    const result: LlmMessage = { role: 'tool', callId: 'call_1', name: 'pay', content: '{"ok":true}' };
    expect(textOf(await eventsOf(request([user('yes'), result], memory)))).toBe('Paid. Is there anything else?');
  });

  it('tells an interrupted caller what came of the tool that finished all the same', async () => {
    const memory = {};
    for (const words of ['pay twelve dollars', '4242', 'tomorrow', 'crimson', 'yes', 'three', 'yes']) {
      await eventsOf(request([user(words)], memory));
    }
    const result: LlmMessage = { role: 'tool', callId: 'call_1', name: 'pay', content: '{"ok":true}' };
    expect(textOf(await eventsOf(request([result, user('make a payment')], memory)))).toBe('Paid. Which code?');
  });

  it('begins with what the agent before handed over, and says it once', async () => {
    const handoff: LlmMessage = {
      role: 'tool',
      callId: 'call_9',
      name: 'handoff_to_agent',
      content: '{"handed_over_to":"b","reason":"moved"}',
    };
    const memory = {};
    expect(textOf(await eventsOf(request([user('move me'), handoff], memory)))).toBe('Here I am. Which code?');
    expect(textOf(await eventsOf(request([handoff, user('4242')], memory)))).toBe('How much?');
  });

  it('goes on with the handed-over task when the caller speaks first', async () => {
    const handoff: LlmMessage = {
      role: 'tool',
      callId: 'call_9',
      name: 'handoff_to_agent',
      content: '{"reason":"moved"}',
    };
    expect(textOf(await eventsOf(request([handoff, user('say it again')])))).toBe('I have not said anything yet.');
    const memory = {};
    await eventsOf(request([handoff, user('purple elephants')], memory));
    expect(memory).toMatchObject({ [EXPECTING]: ['code'] });
  });

  it('does not hang in rules that start each other', async () => {
    expect((await eventsOf(request([user('go round')]))).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  it('says something with no rules at all, and with nothing to answer', async () => {
    expect(textOf(await eventsOf(request([user('hello')], {}, { slots: {} })))).toBe(
      'I am sorry, I did not understand that.',
    );
    expect(textOf(await eventsOf(request([], {}, { slots: {} })))).toBe('How can I help you?');
  });

  it('throws the reason of the signal, before and while it speaks', async () => {
    const controller = new AbortController();
    const events = llm.stream(request([user('i want to pay')]), controller.signal);
    expect((await events.next()).done).toBe(false);
    controller.abort(new Aborted('barge_in'));
    await expect(events.next()).rejects.toMatchObject({ kind: 'barge_in' });
    await expect(eventsOf(request([user('hello')]), controller.signal)).rejects.toMatchObject({ kind: 'barge_in' });
  });

  it('reports a broken rule as a failed model', async () => {
    const broken: DialogueSpec = { slots: {}, intents: { a: { ...rest, examples: ['[never closed'] } } };
    await expect(eventsOf(request([user('hello')], {}, broken))).rejects.toMatchObject({ code: 'llm_failed' });
  });

  it('survives every conversation: one finish each, and a memory that is JSON', async () => {
    const words = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            ...'pay no yes the code is four two 4242 double twelve dollars cents tomorrow last monday crimson never mind say it again open door go round move me goodbye a hundred thousand and oh # * um {slot} constructor __proto__'.split(
              ' ',
            ),
          ),
          { maxLength: 8 },
        )
        .map((parts) => parts.join(' ')),
    );
    const turn = fc.record({
      words,
      rejected: fc.boolean(),
      tool: fc.constantFrom(
        '{"ok":true}',
        '{"ok":false}',
        '{"error":"down","code":"timeout"}',
        'null',
        'no json',
        '{"reason":"moved"}',
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 12 }), async (turns) => {
        let memory: Record<string, unknown> = {};
        const messages: LlmMessage[] = [];
        for (const { words, rejected, tool } of turns) {
          messages.push(rejected ? { role: 'user', content: '', rejected } : user(words));
          for (let round = 0; round < 5; round += 1) {
            const events = await eventsOf(request(messages, memory));
            expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
            expect(events.at(-1)!.type).toBe('finish');
            memory = JSON.parse(JSON.stringify(memory)) as Record<string, unknown>;
            const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
            messages.push({ role: 'assistant', content: textOf(events), toolCalls: calls });
            if (calls.length === 0) break;
            for (const { callId, name } of calls) messages.push({ role: 'tool', callId, name, content: tool });
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
