import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readWav } from '../src/audio/wav.js';
import { type EventBus as Bus, EventBus } from '../src/events/event-bus.js';
import { SessionRegistry, type SessionSummary } from '../src/state/session-registry.js';
import { TestServer, hurriedVoice, nothingHeld, withoutSpeech } from './support/test-server.js';
import { TwilioCaller, callSid, streamSid } from './support/twilio-caller.js';

const recording = (name: string): Int16Array =>
  readWav(readFileSync(new URL(`./fixtures/callers/${name}.wav`, import.meta.url))).channels[0]!;

/** What the server says of its only session. */
function session(server: TestServer): SessionSummary {
  const [only] = server.app.get(SessionRegistry, { strict: false }).list();
  if (!only) throw new Error('There is no session');
  return only.describe();
}

describe('a call that Twilio brings', () => {
  let server: TestServer;
  let outcomes: string[];
  const callers: TwilioCaller[] = [];
  let stopListening: () => void;
  beforeAll(async () => {
    // As soon as speech is noticed: how long a short noise counts as speech depends on where its frames begin.
    server = await TestServer.start({ GREETING: 'off', BARGE_IN_MS: '60' });
    const bus: Bus = server.app.get(EventBus, { strict: false });
    stopListening = bus.on('generation.completed', ({ outcome }) => outcomes.push(outcome));
  });
  afterEach(async () => {
    for (const caller of callers.splice(0)) caller.socket.terminate();
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(async () => {
    stopListening();
    await server.stop();
  });

  /** A call in which nothing has been said yet. */
  async function call(parameters: Record<string, string> = {}): Promise<TwilioCaller> {
    outcomes = [];
    const caller = await TwilioCaller.call(server, parameters);
    callers.push(caller);
    await server.holds('sessions', 1);
    return caller;
  }

  /** Waits until so many answers have been given and the caller has heard the last one. */
  const answers = (caller: TwilioCaller, count: number): Promise<void> =>
    caller.until(`${count} answers`, () => outcomes.length >= count);

  it('is understood, keyed into, answered in its own voice, and ended by the caller', async () => {
    const caller = await call();
    await caller.say(recording('alan-01-balance'));
    // Which card is it? What is its PIN?
    await answers(caller, 1);
    caller.press('4242');
    await answers(caller, 2);
    expect(session(server)).toMatchObject({ agent: 'concierge', turns: 2 });
    expect(outcomes).toEqual(['completed', 'completed']);
    // All of it was played, and all marks came back.
    expect(caller.heardMs).toBe(caller.receivedMs);
    expect(caller.heardMs).toBeGreaterThan(4000);
    expect(caller.count('clear')).toBe(0);
    expect(caller.messages.every((message) => message.streamSid === streamSid)).toBe(true);
    caller.press('1234');
    // The balance, for a caller who is known now.
    await caller.until('the balance', () => caller.echoed.includes('gen_3:1020:0'));
    expect(session(server)).toMatchObject({ turns: 3 });
    await caller.hangUp();
    expect(await caller.closed).toEqual({ code: 1000, reason: 'hangup' });
  });

  it('falls silent when the caller cuts in, and answers them instead', async () => {
    const caller = await call();
    await caller.say(recording('alan-01-balance'));
    await caller.until('a question', () => caller.heardMs > 500);
    void caller.say(recording('alan-06-stolen'));
    await caller.until('a clear', () => caller.count('clear') === 1);
    const clearAt = caller.messages.findIndex(({ event }) => event === 'clear');
    await caller.until('another answer', () => caller.echoed.includes('gen_2:1020:1'));
    expect(outcomes).toEqual(['interrupted']);
    expect(session(server)).toMatchObject({ agent: 'fraud_desk', turns: 2 });
    // Marks that the clear dropped came back at once; what follows counts from the second answer.
    const later = caller.messages
      .slice(clearAt)
      .flatMap((message) => (message.event === 'mark' ? [message.mark.name] : []));
    expect(later.filter((name) => !/^gen_2:\d+:1$/.test(name))).toEqual([]);
    await caller.hangUp();
  });

  it('goes on from where it stopped after a noise', async () => {
    const caller = await call();
    await caller.say(recording('alan-01-balance'));
    await caller.until('a question', () => caller.heardMs > 500);
    // Backwards it is a voice, but no word.
    void caller.say(recording('alan-04-no').subarray(500, 3500).toReversed());
    await caller.until('a clear', () => caller.count('clear') === 1);
    await answers(caller, 1);
    expect(outcomes).toEqual(['completed']);
    const positions = caller.messages.flatMap((message) =>
      message.event === 'mark' ? [message.mark.name.split(':').map(Number)] : [],
    );
    const before = positions.filter(([, , clears]) => clears === 0).map(([, playedMs]) => playedMs!);
    const after = positions.filter(([, , clears]) => clears === 1).map(([, playedMs]) => playedMs!);
    // What was sent but not heard is sent again, and nothing else.
    expect(after[0]).toBeGreaterThan(500);
    expect(after[0]).toBeLessThanOrEqual(before.at(-1)! + 200);
    expect(after.at(-1)).toBeGreaterThan(before.at(-1)!);
    await caller.hangUp();
  });

  it('is what its parameters say', async () => {
    const caller = await call({
      scenario: 'banking',
      agent: 'fraud_desk',
      language: 'en',
      FirstName: 'Ann',
      token: '',
    });
    expect(session(server)).toMatchObject({ agent: 'fraud_desk', scenario: 'banking' });
    await caller.hangUp();
  });

  it.each([
    ['an agent that there is not', { agent: 'nobody' }, /agent.*nobody/],
    ['a scenario that there is not', { scenario: 'casino' }, /scenario.*casino/],
    ['a language that the agent does not speak', { language: 'de-DE' }, /language.*de-DE/],
    ['a name that could not be one', { agent: '../etc' }, /agent.*letters/],
  ])('is closed with 1008 when it is to be %s', async (_, parameters, reason) => {
    const caller = await TwilioCaller.call(server, parameters);
    expect(await caller.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['another encoding', { mediaFormat: { encoding: 'audio/x-l16', sampleRate: 8000, channels: 1 } }],
    ['another rate', { mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 16_000, channels: 1 } }],
    ['stereo', { mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 2 } }],
    ['only the other side', { tracks: ['outbound'] }],
  ])('is closed with 1008 when its audio is %s', async (_, changes) => {
    const caller = await TwilioCaller.dial(server);
    caller.start(changes);
    expect(await caller.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/mediaFormat|tracks/) });
  });

  it.each([
    ['after the upgrade', (caller: TwilioCaller) => Promise.resolve(caller)],
    [
      'at the start',
      (caller: TwilioCaller) => {
        caller.start();
        return Promise.resolve();
      },
    ],
    [
      'when it is heard',
      (caller: TwilioCaller) => {
        caller.start();
        caller.openLine();
        return caller.say(recording('alan-01-balance'));
      },
    ],
    [
      'when it is answered',
      async (caller: TwilioCaller) => {
        caller.start();
        caller.openLine();
        void caller.say(recording('alan-01-balance'));
        await caller.until('an answer', () => caller.heardMs > 100);
      },
    ],
    [
      'after a clear',
      async (caller: TwilioCaller) => {
        caller.start();
        caller.openLine();
        await caller.say(recording('alan-01-balance'));
        await caller.until('an answer', () => caller.heardMs > 300);
        void caller.say(recording('alan-06-stolen'));
        await caller.until('a clear', () => caller.count('clear') > 0);
      },
    ],
  ])('leaves nothing behind when its line breaks %s', async (_, stage) => {
    const caller = await TwilioCaller.dial(server);
    await stage(caller);
    caller.socket.terminate();
    await caller.closed;
    expect(await server.quiet()).toEqual(nothingHeld);
  });

  it('survives whatever else comes, and the next call is as good as ever', async () => {
    const caller = await call();
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 0x7fffffff);
    const usual = JSON.stringify({ event: 'media', streamSid, media: { track: 'inbound', payload: '/'.repeat(216) } });
    for (let count = 0; count < 45; count++) {
      const bytes = Buffer.from(usual);
      for (let flips = 0; flips < 4; flips++) bytes[random() % bytes.length] = 32 + (random() % 95);
      caller.socket.send(bytes.toString('latin1'));
      if (count % 5 === 0) caller.socket.send(Buffer.alloc(random() % 300), { binary: true });
    }
    caller.sendMedia(new Int16Array(160));
    await caller.say(recording('alan-01-balance'));
    await answers(caller, 1);
    await caller.hangUp();
  });
});

describe('a call that the agent ends', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ ...hurriedVoice, SCRIPTED_TTS_WORD_MS: '100', GREETING: 'off' });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it('is closed with 1000 after a goodbye, when it has been heard', async () => {
    const caller = await TwilioCaller.call(server);
    await caller.say(recording('alan-05-goodbye'));
    expect(await caller.closed).toEqual({ code: 1000, reason: 'completed' });
    // What a telephone still has in its buffer when Twilio goes on to the next verb, is lost.
    expect(caller.receivedMs - caller.heardMs).toBeLessThanOrEqual(60);
    expect(caller.heardMs).toBeGreaterThan(500);
  });

  it('is closed with 1000 after a transfer, when its announcement has been heard', async () => {
    const caller = await TwilioCaller.call(server);
    await caller.say(recording('alan-12-person'));
    expect(await caller.closed).toEqual({ code: 1000, reason: 'completed' });
    expect(caller.receivedMs - caller.heardMs).toBeLessThanOrEqual(60);
    expect(caller.heardMs).toBeGreaterThan(500);
  });
});

describe('a Twilio that never says what call it is', () => {
  it('is closed with 1008, and its slot is free again', async () => {
    const server = await TestServer.start({ ...withoutSpeech, TWILIO_START_TIMEOUT_MS: '100' });
    const caller = await TwilioCaller.dial(server);
    expect(server.held()).toMatchObject({ slots: 1, sessions: 0 });
    caller.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(await caller.closed).toEqual({ code: 1008, reason: 'no start within 100 ms' });
    expect(await server.quiet()).toEqual(nothingHeld);
    await server.stop();
  });
});

describe('the account of a call', () => {
  it('must be one of TWILIO_ACCOUNT_SID, if that is set', async () => {
    const server = await TestServer.start({ ...withoutSpeech, TWILIO_ACCOUNT_SID: 'AC1,AC2', GREETING: 'off' });
    for (const [accountSid, taken] of [
      ['AC2', true],
      ['AC3', false],
      [undefined, false],
    ] as const) {
      const caller = await TwilioCaller.dial(server);
      caller.start({ accountSid, callSid });
      if (taken) {
        await server.holds('sessions', 1);
        await caller.hangUp();
      } else {
        expect(await caller.closed).toEqual({ code: 1008, reason: 'accountSid is not one of ours' });
      }
    }
    expect(await server.quiet()).toEqual(nothingHeld);
    await server.stop();
  });
});

describe('a call in which the server stops', () => {
  it('is closed with 1012', async () => {
    const server = await TestServer.start();
    const caller = await TwilioCaller.call(server);
    await caller.until('a greeting', () => caller.receivedMs > 0);
    const stopped = server.stop();
    expect(await caller.closed).toEqual({ code: 1012, reason: 'drain' });
    await stopped;
  });
});
