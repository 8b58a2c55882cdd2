import { describe, expect, it } from '@jest/globals';
import type { AbortKind } from '../kernel/abort.js';
import { ParleyError } from '../kernel/errors.js';
import { type CallResult, outcomeOf } from './session-end.js';
import { ConversationHarness } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

describe('what became of a call', () => {
  const answered: CallResult = { turns: 3, answered: true, fellSilent: false, transfer: undefined };

  it.each<[string, AbortKind, Partial<CallResult>]>([
    ['contained', 'hangup', {}],
    ['contained', 'completed', {}],
    ['unanswered', 'hangup', { answered: false }],
    ['unanswered', 'completed', { answered: false }],
    ['abandoned', 'hangup', { turns: 0, answered: false }],
    ['abandoned', 'completed', { turns: 0, answered: false }],
    ['abandoned', 'completed', { fellSilent: true }],
    ['abandoned', 'idle', {}],
    ['stopped', 'operator', {}],
    ['transferred', 'completed', { transfer: 'started' }],
    ['transferred', 'completed', { transfer: 'simulated' }],
    ['transferred', 'completed', { transfer: 'simulated', fellSilent: true }],
    // Whoever takes it over closes our connection.
    ['transferred', 'lost', { transfer: 'started' }],
    ['transfer_failed', 'hangup', { transfer: 'failed' }],
    ['cut', 'lost', { transfer: 'failed' }],
    ['cut', 'drain', {}],
    ['cut', 'budget', {}],
    ['cut', 'error', { turns: 0, answered: false }],
    ['moved', 'superseded', {}],
  ])('is %s when it ended with %s, and %j', (outcome, kind, result) => {
    expect(outcomeOf(kind, { ...answered, ...result })).toBe(outcome);
  });
});

describe('a call', () => {
  const start = async (overrides: Parameters<typeof testAgent>[0] = {}) => {
    const call = await ConversationHarness.start({ agents: [testAgent(overrides)] });
    const outcomes: string[] = [];
    call.bus.on('session.ended', ({ outcome }) => outcomes.push(outcome));
    const ended = async (): Promise<string | undefined> => {
      await call.pipeline.closed;
      return outcomes[0];
    };
    return { call, ended };
  };
  const broken = { error: new ParleyError('llm_failed', 'over quota', true) };

  it('whose caller has heard an answer, and hangs up, is contained', async () => {
    const { call, ended } = await start();
    await call.ask('where is it');
    await call.hangUp();
    expect(await ended()).toBe('contained');
  });

  it('whose caller hangs up while they thank is contained by the answer before', async () => {
    const { call, ended } = await start();
    await call.ask('where is it');
    call.llm.reply({ text: 'You are welcome.', afterMs: 5000 });
    call.pipeline.pushText('thank you');
    await call.quiet(100);
    await call.hangUp();
    expect(await ended()).toBe('contained');
  });

  it('whose caller hears apologies only is not contained', async () => {
    const { call, ended } = await start();
    call.llm.reply(broken).reply(broken);
    await call.ask('where is it');
    await call.ask('hello?');
    await call.hangUp();
    expect(await ended()).toBe('unanswered');
  });

  it('whose last answer failed is not contained', async () => {
    const { call, ended } = await start();
    await call.ask('where is it');
    call.llm.reply(broken);
    await call.ask('and when?');
    await call.hangUp();
    expect(await ended()).toBe('unanswered');
  });

  it('whose caller hangs up before the first answer is not contained', async () => {
    const { call, ended } = await start();
    call.llm.reply({ text: 'Here.', afterMs: 5000 });
    call.pipeline.pushText('where is it');
    await call.quiet(1000);
    await call.hangUp();
    expect(await ended()).toBe('unanswered');
  });

  it('in which nothing was understood is not contained', async () => {
    const { call, ended } = await start();
    call.stt.hears({ text: '', rejected: true });
    await call.speak(600);
    await call.until('generation_complete');
    await call.hangUp();
    expect(await ended()).toBe('unanswered');
  });

  it('whose caller says nothing more is abandoned when the agent hangs up', async () => {
    const { call, ended } = await start({
      noInput: { afterMs: 1000, reprompts: [], action: { type: 'end', text: 'Goodbye.' } },
    });
    await call.ask('where is it');
    await call.until('session_ended');
    expect(await ended()).toBe('abandoned');
  });

  it('that an operator ends is neither', async () => {
    const { call, ended } = await start();
    await call.ask('where is it');
    await call.pipeline.close('operator');
    expect(await ended()).toBe('stopped');
  });
});
