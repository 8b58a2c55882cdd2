import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ParleyError } from '../kernel/errors.js';
import type { LlmMessage } from '../llm/llm-client.js';
import type { ScriptedStep } from '../llm/testing/scripted-llm.client.js';
import type { ScriptedTranscript } from '../speech/testing/scripted-stt.js';
import { EndCallTool } from '../tools/builtin/end-call.tool.js';
import { HandoffToAgentTool } from '../tools/builtin/handoff-to-agent.tool.js';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import type { WireEntry } from './testing/memory-transport.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const LEAD_MS = 200;

type Action =
  | { readonly do: 'say' | 'cough' | 'wait' | 'silence'; readonly ms: number }
  | { readonly do: 'type' | 'interrupt' | 'fail' | 'final' }
  | { readonly do: 'key'; readonly key: string }
  | { readonly do: 'backlog'; readonly ms: number }
  | { readonly do: 'playback'; readonly ms: number; readonly generation: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('say' as const, 'cough' as const), ms: fc.integer({ min: 40, max: 900 }) }),
  fc.record({ do: fc.constantFrom('wait' as const, 'silence' as const), ms: fc.integer({ min: 0, max: 2500 }) }),
  fc.record({ do: fc.constantFrom('type' as const, 'interrupt' as const, 'fail' as const, 'final' as const) }),
  fc.record({ do: fc.constant('key' as const), key: fc.constantFrom('1', '*', '#') }),
  fc.record({ do: fc.constant('backlog' as const), ms: fc.constantFrom(300, 900, 2500, 9000) }),
  fc.record({
    do: fc.constant('playback' as const),
    ms: fc.nat({ max: 4000 }),
    generation: fc.integer({ min: 1, max: 4 }),
  }),
);

const afterMs = fc.constantFrom(0, 30, 400, 1500);
const step: fc.Arbitrary<ScriptedStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      text: fc.constantFrom('Well. ', 'I see, and so on, and so forth, ', 'Broken here. ', 'Half here is fine. ', ' '),
      afterMs,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ tool: fc.constantFrom('quick', 'slow', 'careful', 'broken', 'nonsense'), afterMs }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      tool: fc.constant('handoff_to_agent'),
      arguments: fc.constant({ target: 'fraud', reason: 'it is' }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ tool: 'end_call' }) },
  { weight: 1, arbitrary: fc.record({ expecting: fc.subarray(['pin', 'sure']) }) },
  {
    weight: 1,
    arbitrary: fc.record({ error: fc.constant(new ParleyError('llm_failed', 'over quota', true)), afterMs }),
  },
  { weight: 1, arbitrary: fc.constant({ stall: true as const }) },
);
const transcript: fc.Arbitrary<ScriptedTranscript> = fc.oneof(
  fc.record({ text: fc.constantFrom('hello', 'okay', '', 'what is my balance'), afterMs, rejected: fc.boolean() }),
  fc.record({ error: fc.constant('lost'), afterMs }),
  fc.constant({ byHand: true as const }),
);

const scenario = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 12 }),
  replies: fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 8 }),
  transcripts: fc.array(transcript, { maxLength: 6 }),
  greeting: fc.constantFrom(undefined, true, false),
  onNewInput: fc.constantFrom('interrupt' as const, 'wait' as const),
  marks: fc.boolean(),
  chunkAfterMs: fc.constantFrom(0, 60, 300),
  end: fc.constantFrom('hangup' as const, 'drain' as const),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

async function play(script: Scenario): Promise<ConversationHarness> {
  const { greeting, onNewInput, marks, chunkAfterMs } = script;
  const tools = ['quick', 'slow', 'careful', 'broken', 'handoff_to_agent', 'end_call'];
  const noInput = { afterMs: 3000, reprompts: ['Are you there?'], action: { type: 'end' as const, text: 'Goodbye.' } };
  const welcome = greeting === undefined ? undefined : { text: 'Welcome to the bank.', interruptible: greeting };
  const wait = (durationMs: number) => async (_: unknown, signal: AbortSignal) => {
    await call.clock.delay(durationMs, signal);
    return { result: durationMs };
  };
  const call: ConversationHarness = new ConversationHarness({
    agents: [
      testAgent({ greeting: welcome, onNewInput, tools, noInput }),
      testAgent({ name: 'fraud', onNewInput, tools, noInput, voice: { name: 'drone', rate: 1, pitch: 0 } }),
    ],
    handoffs: [{ from: 'desk', to: 'fraud', when: 'always', kind: 'discrete' }],
    tools: [
      testTool('quick', async () => ({ result: 'done' })),
      testTool('slow', wait(2000), { timeoutMs: 1000 }),
      testTool('careful', wait(1500), { interruptible: false }),
      testTool('broken', () => Promise.reject(new Error('no'))),
      new HandoffToAgentTool(),
      new EndCallTool(),
    ],
    tts: { marks, chunkAfterMs, sampleRate: 16_000, msPerCharacter: 40 },
  });
  call.tts.failsOn('Broken').failsOn('Half', 1);
  for (const reply of script.replies) call.llm.reply(...reply);
  call.stt.hears(...script.transcripts);
  await call.start();
  for (const step of script.actions) await perform(call, step);
  return call;
}

async function perform(call: ConversationHarness, step: Action): Promise<void> {
  switch (step.do) {
    case 'say':
      await call.speak(step.ms);
      return call.quiet(540);
    case 'cough':
      return call.speak(step.ms);
    case 'wait':
      return call.quiet(step.ms);
    // The client sends nothing at all for a while.
    case 'silence':
      return call.clock.advance(step.ms);
    case 'type':
      return call.pipeline.pushText('typed');
    case 'interrupt':
      return call.pipeline.interrupt();
    case 'key':
      return call.pipeline.pushDtmf(step.key);
    // The client takes its audio more slowly than it comes, and catches up.
    case 'backlog':
      return call.wire.fallBehind(step.ms);
    case 'playback':
      return call.pipeline.reportPlayback(`gen_${step.generation}`, step.ms);
    case 'fail':
      return call.stream.fail('lost');
    case 'final':
      return call.stream.final('so soon');
  }
}

/** Whatever has happened: as long as the session lives, somebody is there. */
async function expectAnAnswer(call: ConversationHarness): Promise<void> {
  if (call.wire.closed) return;
  call.pipeline.pushText('are you still there?');
  const turn = `turn_${call.pipeline.describe().turns}`;
  const answered = (): boolean => call.wire.events('generation_started').some(({ turn_id }) => turn_id === turn);
  // At most as long as the greeting, the tool that must not stop and a client that is far behind take.
  for (let waitedMs = 0; waitedMs < 14_000 && !answered() && !call.wire.closed; waitedMs += 100) await call.quiet(100);
  expect(answered() || call.wire.closed !== undefined).toBe(true);
}

/** What went over the wire against the protocol; empty if nothing did. */
function faults(log: readonly WireEntry[]): string[] {
  const found: string[] = [];
  let generation: string | undefined;
  let started = 0;
  let stream: string | undefined;
  let streamAt = 0;
  let streamMs = 0;
  let ended = false;
  const check = (holds: boolean, fault: string): void => void (holds || found.push(fault));
  for (const entry of log) {
    if (entry.kind === 'close') continue;
    check(!ended, `${entry.kind} after the end`);
    if (entry.kind === 'audio') {
      check(stream !== undefined && stream === generation, `audio of ${stream} in ${generation}`);
      check(entry.pcm.length === FRAME_SAMPLES, `a frame of ${entry.pcm.length} samples`);
      check(
        streamMs < entry.at - streamAt + LEAD_MS + FRAME_MS,
        `${streamMs} ms of audio after ${entry.at - streamAt}`,
      );
      streamMs += FRAME_MS;
      continue;
    }
    const { event } = entry;
    switch (event.type) {
      case 'generation_started':
        check(generation === undefined, `${event.generation_id} starts before ${generation} has ended`);
        check(event.generation_id === `gen_${++started}`, `${event.generation_id} is number ${started}`);
        generation = event.generation_id;
        break;
      case 'generation_complete':
        check(event.generation_id === generation, `${event.generation_id} ends in ${generation}`);
        check(stream === undefined || event.outcome === 'interrupted', `${event.generation_id} ends in its audio`);
        generation = stream = undefined;
        break;
      case 'audio_stream_start':
        check(stream === undefined, `${event.message_id} starts within the audio of another`);
        check(event.generation_id === generation, `audio of ${event.generation_id} starts in ${generation}`);
        stream = event.generation_id;
        streamAt = entry.at;
        streamMs = 0;
        break;
      case 'audio_stream_stop':
        check(event.generation_id === stream, `audio of ${event.generation_id} stops in that of ${stream}`);
        stream = undefined;
        break;
      case 'audio_clear':
        check(event.generation_id === generation, `${event.generation_id} is cleared in ${generation}`);
        stream = undefined;
        break;
      case 'text_stream_start':
      case 'text_chunk':
      case 'text_stream_stop':
        check(event.generation_id === generation, `${event.type} of ${event.generation_id} in ${generation}`);
        break;
      case 'session_ended':
        ended = true;
        break;
      default:
        break;
    }
  }
  check(generation === undefined, `${generation} has no end`);
  check(ended, 'the session has no end');
  return found;
}

/** Tool calls without a result, and results without a call. */
function unanswered(messages: readonly LlmMessage[]): string[] {
  const calls = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []).map(({ callId }) => callId) : [],
  );
  const results = messages.flatMap((message) => (message.role === 'tool' ? [message.callId] : []));
  return [...calls.filter((id) => !results.includes(id)), ...results.filter((id) => !calls.includes(id))];
}

describe('a conversation', () => {
  it('keeps its promises whatever the caller, the model, the tools and the synthesiser do', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (script) => {
        const call = await play(script);
        if (script.onNewInput === 'interrupt') await expectAnAnswer(call);
        const closed = call.pipeline.close(script.end);
        const { length } = call.wire.log;
        await call.clock.advance(0);
        await closed;
        expect(await call.left()).toEqual(nothingLeft);
        await call.clock.advance(600_000);
        expect(call.wire.log).toHaveLength(length);
        expect(call.speech).toMatchObject({ lent: 1, givenBack: 1 });
        expect(faults(call.wire.log)).toEqual([]);
        for (const request of call.llm.requests) expect(unanswered(request.messages)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
