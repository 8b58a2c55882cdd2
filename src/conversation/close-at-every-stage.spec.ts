import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const plain = { agent: undefined, tenant: 'acme', resumable: false };

type Stage = (call: ConversationHarness) => Promise<void>;

const answering: Stage = async (call) => {
  call.llm.reply('This is a long answer with many words. ', 'And another sentence.');
  call.pipeline.pushText('hello');
  await call.quiet(400);
};
const stages: Record<string, Stage> = {
  'just begun': async () => undefined,
  'the greeting plays': (call) => call.quiet(200),
  'the caller speaks': async (call) => {
    await call.quiet(2000);
    await call.speak(300);
  },
  'the final is to come': async (call) => {
    await call.quiet(2000);
    call.stt.hears({ text: 'hello', afterMs: 5000 });
    await call.speak(300);
    await call.quiet(600);
  },
  'an utterance waits for the final of another': async (call) => {
    await call.quiet(2000);
    call.stt.hears({ text: 'hello', afterMs: 5000 });
    await call.speak(300);
    await call.quiet(600);
    await call.speak(300);
  },
  'the model thinks': async (call) => {
    call.llm.reply({ stall: true });
    call.pipeline.pushText('hello');
    await call.quiet(100);
  },
  'the first clause waits': async (call) => {
    call.llm.reply('Well', { stall: true });
    call.pipeline.pushText('hello');
    await call.quiet(100);
  },
  'a sentence is synthesised': async (call) => {
    call.tts.stallsOn('long');
    await answering(call);
  },
  'the answer plays': answering,
  'the answer is held': async (call) => {
    await answering(call);
    await call.speak(300);
  },
  'a tool runs': async (call) => {
    call.llm.reply({ tool: 'slow' });
    call.pipeline.pushText('hello');
    await call.quiet(100);
  },
  'a turn waits for a tool': async (call) => {
    call.llm.reply({ tool: 'slow' });
    call.pipeline.pushText('hello');
    await call.quiet(100);
    call.pipeline.pushText('wait');
    await call.quiet(100);
  },
  'a tool waits while it is not clear who speaks': async (call) => {
    call.llm.reply('Let me have a look at that for you. ', { tool: 'slow', afterMs: 500 });
    call.pipeline.pushText('hello');
    await call.quiet(450);
    await call.speak(300);
  },
  'the last words have just been heard': async (call) => void (await call.ask('hello')),
  'a reprompt plays': async (call) => {
    await call.until('generation_complete');
    await call.until('generation_started', () => true, 1);
    await call.quiet(100);
  },
  'keys are being pressed': async (call) => call.pipeline.pushDtmf('4'),
  'several turns wait': async (call) => {
    for (const text of ['one', 'two', 'three']) call.pipeline.pushText(text);
  },
};

describe.each(Object.entries(stages))('a session that ends when %s', (_, stage) => {
  it.each(['hangup', 'completed', 'error', 'idle', 'drain'] as const)('(%s) leaves nothing behind', async (kind) => {
    const call: ConversationHarness = new ConversationHarness({
      agents: [
        testAgent({
          greeting: { text: 'Welcome to the bank.', interruptible: true },
          tools: ['slow'],
          noInput: { afterMs: 8000, reprompts: ['Are you there?'], action: { type: 'end', text: 'Bye.' } },
        }),
      ],
      tools: [
        testTool(
          'slow',
          async (_args, signal) => {
            await call.clock.delay(3000, signal);
            return { result: null };
          },
          { interruptible: false },
        ),
      ],
    });
    await call.start();
    await stage(call);
    const closed = call.pipeline.close(kind);
    // Whoever closes it a second time waits for the same end.
    const again = call.pipeline.close('error');
    const { length } = call.wire.log;
    expect(call.wire.log.slice(-2)).toMatchObject([
      { kind: 'event', event: { type: 'session_ended', reason: kind } },
      { kind: 'close' },
    ]);
    await call.clock.advance(0);
    await Promise.all([closed, again, call.pipeline.closed]);
    expect(await call.left()).toEqual(nothingLeft);
    // Whatever still comes from the caller is heard by nobody.
    call.pipeline.pushText('hello?');
    call.pipeline.pushDtmf('1');
    call.pipeline.interrupt();
    call.pipeline.reportPlayback('gen_1', 100);
    await call.speak(300);
    await call.clock.advance(600_000);
    expect(call.wire.log).toHaveLength(length);
    expect(call.speech).toMatchObject({ lent: 1, givenBack: 1 });
    expect(call.wire.events('generation_complete')).toHaveLength(call.wire.events('generation_started').length);
    expect(await call.left()).toEqual(nothingLeft);
  });
});

describe('a session whose end goes wrong', () => {
  it.each<[string, (call: ConversationHarness) => void]>([
    ['at the client', (call) => (call.wire.send = fails)],
    ['with what was borrowed', (call) => (call.stream.cancel = fails)],
    ['with what is kept to go on with', (call) => (call.resume.forget = fails)],
    ['with the record of it', (call) => (call.records.push = fails)],
  ])('%s is over all the same', async (_, spoil) => {
    const call = await ConversationHarness.start({ resumable: true });
    await call.ask('hello');
    spoil(call);
    await call.pipeline.close('hangup');
    expect(call.logged.filter((line) => line.startsWith('Session ended (hangup)'))).toHaveLength(1);
    expect(await call.left()).toEqual(nothingLeft);
  });
});

function fails(): never {
  throw new Error('that went wrong');
}

describe('a session that ends while it is built', () => {
  it('while all voices are in use does not wait for one any more', async () => {
    const call = new ConversationHarness();
    const { signal } = new AbortController();
    await call.speech.start(signal);
    const others = await Promise.all(['ada', 'bob'].map((id) => call.speech.lease(id, signal)));
    const failed = expect(call.pipeline.reserve({ scenario: 'test', ...plain })).rejects.toMatchObject({
      kind: 'hangup',
    });
    await call.clock.advance(100);
    call.pipeline.pushAudio(new Int16Array(160));
    await call.pipeline.close('hangup');
    await failed;
    for (const other of others) other.release();
    expect(call.wire.log).toEqual([]);
    for (const { in_use, waiting } of call.speech.pools()) expect([in_use, waiting]).toEqual([0, 0]);
    expect(call.clock.pending).toBe(0);
  });

  it('before its turn to be built has come gives back what it has borrowed', async () => {
    const call = new ConversationHarness();
    await call.speech.start(new AbortController().signal);
    await call.pipeline.reserve({ scenario: 'test', ...plain });
    await call.pipeline.close('hangup');
    await expect(call.pipeline.start(call.wire)).rejects.toMatchObject({ kind: 'hangup' });
    expect(call.wire.log).toEqual([]);
    expect(call.speech).toMatchObject({ lent: 1, givenBack: 1 });
    expect(call.vad.openStreams).toBe(0);
    expect(call.clock.pending).toBe(0);
  });

  it('before anything was lent has nothing to give back', async () => {
    const call = new ConversationHarness();
    await call.speech.start(new AbortController().signal);
    void call.pipeline.close('hangup');
    await expect(call.pipeline.reserve({ scenario: 'test', ...plain })).rejects.toMatchObject({ kind: 'hangup' });
    await call.pipeline.closed;
    expect(call.speech.lent).toBe(0);
    expect(call.clock.pending).toBe(0);
  });

  it('because its greeting cannot be made gives everything back', async () => {
    const greeting = { text: '{{ name | no_such_filter }}', interruptible: true };
    const call = new ConversationHarness({ agents: [testAgent({ greeting })] });
    await expect(call.start()).rejects.toThrow('no_such_filter');
    expect(call.wire.events('session_ended')).toMatchObject([{ reason: 'error' }]);
    expect(call.wire.closed).toEqual({ code: 1011, reason: 'error' });
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('because the agent does not exist fails with that', async () => {
    const call = new ConversationHarness();
    await call.speech.start(new AbortController().signal);
    await expect(call.pipeline.reserve({ scenario: 'test', ...plain, agent: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await call.pipeline.close('hangup');
    expect(call.clock.pending).toBe(0);
  });
});
