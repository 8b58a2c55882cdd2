import { describe, expect, it } from '@jest/globals';
import type { NoInputPolicy } from '../agents/agent.js';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';

const policy: NoInputPolicy = {
  afterMs: 8000,
  reprompts: ['Still there?', 'Hello?'],
  action: { type: 'end', text: 'Goodbye.' },
};
const start = (noInput: Partial<NoInputPolicy> = {}): Promise<ConversationHarness> =>
  ConversationHarness.start({ agents: [testAgent({ noInput: { ...policy, ...noInput } })] });
const said = (call: ConversationHarness): string[] => call.wire.events('text_stream_stop').map(({ text }) => text);

describe('a caller who says nothing', () => {
  it('is asked again, then told goodbye, and the session ends when that has been heard', async () => {
    const call = await start();
    await call.until('session_ended');
    expect(said(call)).toEqual(['Still there?', 'Hello?', 'Goodbye.']);
    const startedAt = [1, 2, 3].map((number) =>
      call.wire.timeOf('generation_started', (event) => event.generation_id === `gen_${number}`),
    );
    // 8 s after the one before has been heard: "Still there?" takes 600 ms, "Hello?" 300 ms, "Goodbye." 400 ms.
    expect(startedAt).toEqual([8000, 16_600, 24_900]);
    expect(call.wire.timeOf('session_ended')).toBe(25_300);
    expect(call.wire.events('generation_started').every(({ turn_id }) => turn_id === null)).toBe(true);
    expect(call.wire.closed).toEqual({ code: 1000, reason: 'completed' });
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is transferred where the agent says so', async () => {
    const call = await start({ reprompts: [], action: { type: 'transfer', text: 'One moment.', target: 'desk' } });
    await call.until('session_ended');
    expect(call.wire.events('transfer')).toEqual([
      { type: 'transfer', target: 'desk', status: 'simulated', reason: 'no_input' },
    ]);
  });

  it.each([
    ['says', (call: ConversationHarness) => call.say('hello')],
    ['types', async (call: ConversationHarness) => call.pipeline.pushText('hello')],
    ['keys', async (call: ConversationHarness) => call.pipeline.pushDtmf('1')],
  ])('and then %s something starts the ladder over', async (_, input) => {
    const call = await start();
    await call.until('generation_complete');
    await input(call);
    await call.until('generation_complete', (event) => event.generation_id === 'gen_2');
    await call.until('generation_started', (event) => event.generation_id === 'gen_3');
    await call.until('text_stream_stop', ({ text }) => text !== 'All right.', 1);
    expect(said(call)).toEqual(['Still there?', 'All right.', 'Still there?']);
  });

  it('is not asked while they speak or key', async () => {
    const call = await start();
    await call.quiet(7000);
    await call.speak(3000);
    expect(said(call)).toEqual([]);
    call.stt.hears('hello');
    await call.until('generation_complete');
    await call.quiet(7000);
    call.pipeline.pushDtmf('1');
    await call.quiet(1900);
    expect(said(call)).toEqual(['All right.']);
  });

  it('is asked again after a noise, a lone star or a lone hash', async () => {
    const call = await start();
    await call.quiet(7000);
    await call.speak(200);
    await call.quiet(1000);
    call.pipeline.pushDtmf('*');
    await call.quiet(7900);
    expect(said(call)).toEqual([]);
    call.pipeline.pushDtmf('#');
    await call.quiet(7900);
    expect(said(call)).toEqual([]);
    await call.quiet(200);
    expect(said(call)).toEqual(['Still there?']);
  });

  it('but then into the goodbye is answered, not hung up on', async () => {
    const call = await start({ reprompts: [], action: { type: 'end', text: 'I did not hear anything. Goodbye.' } });
    await call.until('audio_stream_start');
    await call.quiet(300);
    await call.say('wait a moment');
    await call.until('generation_complete', (event) => event.generation_id === 'gen_2');
    expect(call.wire.closed).toBeUndefined();
  });

  it('and hangs up in the goodbye is told that the session has ended once', async () => {
    const call = await start({ reprompts: [] });
    await call.until('audio_stream_start');
    await call.hangUp();
    expect(call.wire.events('session_ended')).toMatchObject([{ reason: 'hangup' }]);
    expect(call.wire.log.filter(({ kind }) => kind === 'close')).toHaveLength(1);
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('and whose client interrupts the goodbye gets nothing after the end', async () => {
    const call = await start({ reprompts: [] });
    await call.until('audio_stream_start');
    call.pipeline.interrupt();
    expect(call.wire.types.slice(-2)).toEqual(['generation_complete', 'session_ended']);
    expect(call.wire.log.at(-1)?.kind).toBe('close');
    expect(await call.left()).toEqual(nothingLeft);
  });
});
