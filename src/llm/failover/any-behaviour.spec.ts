import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Aborted } from '../../kernel/abort.js';
import { ManualClock } from '../../kernel/clock.js';
import { LlmClient, type LlmEvent, type LlmRequest } from '../llm-client.js';
import { LlmError, type LlmFault } from '../llm-error.js';
import { FailoverLlmClient } from './failover-llm.client.js';
import { GuardedModel } from './guarded-model.js';

const options = { firstTokenMs: 1500, firstTokenTotalMs: 2800, betweenTokensMs: 2500, totalMs: 30_000 };
const guard = { failures: 2, openMs: 10_000, probeMs: 2800 };

interface Behaviour {
  readonly pieces: number;
  readonly pauseMs: number;
  readonly toolsFirst: boolean;
  readonly ending: 'finish' | 'stall' | LlmFault | 'another error';
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  pieces: fc.nat(4),
  pauseMs: fc.constantFrom(0, 100, 1400, 1600, 3000),
  toolsFirst: fc.boolean(),
  ending: fc.oneof(
    { weight: 3, arbitrary: fc.constant('finish' as const) },
    fc.constantFrom<Behaviour['ending']>(
      'stall',
      'another error',
      'unreachable',
      'overloaded',
      'server_error',
      'broken_stream',
      'misconfigured',
      'rejected',
      'content_filter',
      'context_length',
    ),
  ),
});

/** Says its own name, in as many pieces as it is told to, and is as bad as it is told to. */
class MoodyModel extends LlmClient {
  running = 0;
  private count = 0;

  constructor(
    readonly name: string,
    private readonly clock: ManualClock,
    private readonly behaviours: readonly Behaviour[],
  ) {
    super();
  }

  override async start(): Promise<void> {}
  override async close(): Promise<void> {}

  override async *stream(_: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    const { pieces, pauseMs, toolsFirst, ending } = this.behaviours[this.count++ % this.behaviours.length]!;
    this.running++;
    try {
      if (toolsFirst) yield { type: 'tool_call', call: { callId: this.name, name: this.name, arguments: '{}' } };
      for (let piece = 0; piece < pieces; piece++) {
        if (pauseMs > 0) await this.clock.delay(pauseMs, signal);
        yield { type: 'text', text: this.name };
      }
      if (ending === 'stall') await this.clock.delay(10_000_000, signal);
      if (ending === 'another error') throw new TypeError('x is not a function');
      if (ending !== 'finish' && ending !== 'stall') throw new LlmError(ending, ending, 700);
      yield { type: 'finish', reason: 'stop' };
    } finally {
      this.running--;
    }
  }
}

interface Outcome {
  readonly said: string[];
  /** Since the last restart. */
  answer: string[];
  tools: string[];
  finished: number;
  restartedAfterSpeech: boolean;
  error?: unknown;
  endedAt?: number;
}

describe('whatever the models do', () => {
  it('the caller gets the answer of one model or one error, in time, and nothing is left', async () => {
    const call = fc.record({
      atMs: fc.nat(40_000),
      spokenAfter: fc.constantFrom(0, 1, 2, 100),
      leavesAfterMs: fc.option(fc.nat(5000)),
    });
    const property = fc.asyncProperty(
      fc.array(fc.array(behaviour, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.array(call, { minLength: 1, maxLength: 6 }),
      async (moods, hasLocal, plan) => {
        const clock = new ManualClock();
        const remote = moods.map((behaviours, index) => new MoodyModel('ABC'[index]!, clock, behaviours));
        const steady: Behaviour = { pieces: 2, pauseMs: 0, toolsFirst: false, ending: 'finish' };
        const local = hasLocal ? [new MoodyModel('L', clock, [steady])] : [];
        const clients = [...remote, ...local];
        const log = (): void => undefined;
        const guarded = clients.map((client) => new GuardedModel(client, client.name === 'L', clock, guard, log));
        const failover = new FailoverLlmClient(guarded, clock, options);
        const outcomes = plan.map(async ({ atMs, spokenAfter, leavesAfterMs }): Promise<Outcome> => {
          await clock.delay(atMs);
          const startedAt = clock.now();
          const controller = new AbortController();
          const leaving =
            leavesAfterMs === null
              ? undefined
              : clock.setTimeout(() => controller.abort(new Aborted('hangup')), leavesAfterMs);
          const outcome: Outcome = { said: [], answer: [], tools: [], finished: 0, restartedAfterSpeech: false };
          const isSpoken = (): boolean => outcome.answer.length > spokenAfter;
          const request: LlmRequest = {
            messages: [{ role: 'user', content: 'Hello' }],
            tools: [],
            dialogue: { slots: {} },
            variables: {},
            memory: {},
            spoken: isSpoken,
          };
          try {
            for await (const event of failover.stream(request, controller.signal)) {
              expect(outcome.finished).toBe(0);
              if (event.type === 'restart') {
                outcome.restartedAfterSpeech ||= isSpoken();
                outcome.answer = [];
                outcome.tools = [];
              }
              if (event.type === 'text') outcome.answer.push(event.text);
              if (event.type === 'tool_call') outcome.tools.push(event.call.name);
              if (event.type === 'finish') outcome.finished++;
            }
          } catch (error) {
            outcome.error = error;
            if (controller.signal.aborted) expect(error).toBe(controller.signal.reason);
          }
          leaving?.cancel();
          outcome.endedAt = clock.now() - startedAt;
          return outcome;
        });
        let over = false;
        const all = Promise.all(outcomes).finally(() => (over = true));
        await clock.advance(80_000);
        expect(over).toBe(true);
        for (const [index, outcome] of (await all).entries()) {
          expect(new Set([...outcome.answer, ...outcome.tools]).size).toBeLessThanOrEqual(1);
          expect(outcome.finished).toBe(outcome.error === undefined ? 1 : 0);
          expect(outcome.restartedAfterSpeech).toBe(false);
          expect(outcome.endedAt).toBeLessThanOrEqual(options.totalMs);
          if (outcome.error === undefined && outcome.tools.length === 0)
            expect(outcome.answer.length).toBeGreaterThan(0);
          const spoken = outcome.answer.length > plan[index]!.spokenAfter;
          const refused = outcome.error instanceof LlmError && outcome.error.fault === 'content_filter';
          if (hasLocal && plan[index]!.leavesAfterMs === null && !spoken && !refused) {
            expect(outcome.error).toBeUndefined();
            // Even when nobody else was there, the words began in time.
            if (outcome.answer[0] === 'L') expect(outcome.endedAt).toBeLessThan(30_000);
          }
        }
        await failover.close();
        await clock.advance(0);
        expect(clients.map(({ running }) => running)).toEqual(clients.map(() => 0));
        expect(clock.pending).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});
