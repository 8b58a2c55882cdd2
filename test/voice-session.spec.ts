import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readWav } from '../src/audio/wav.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from './support/test-server.js';

const recording = (name: string): Int16Array =>
  readWav(readFileSync(new URL(`./fixtures/callers/${name}.wav`, import.meta.url))).channels[0]!;
const silence = (durationMs: number): Int16Array => new Int16Array(durationMs * 8);

describe('a voice session', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ GREETING: 'off' });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it('answers a typed turn, with its messages in the order of the protocol', async () => {
    const caller = await TestCaller.dial(server, '?sample_rate=8000');
    expect(await caller.next('session_started')).toMatchObject({
      protocol: 1,
      agent: 'concierge',
      scenario: 'banking',
      encoding: 'pcm16',
      sample_rate: 8000,
      out_sample_rate: 8000,
    });
    const events = await caller.ask('what is my balance');
    const types = events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
    expect(types).toEqual([
      'generation_started',
      'text_stream_start',
      'text_chunk',
      'text_stream_stop',
      'audio_stream_start',
      'audio_stream_stop',
      'generation_complete',
    ]);
    expect(events.at(-1)).toMatchObject({ generation_id: 'gen_1', outcome: 'completed' });
    // About two seconds of speech at 8 kHz, 16 bits.
    expect(caller.audioBytes).toBeGreaterThan(16_000);
    await caller.hangUp();
  });

  it.each([
    ['pcm16', 24_000],
    ['mulaw', 8000],
    ['alaw', 48_000],
  ])('speaks %s at %d Hz', async (encoding, rate) => {
    const caller = await TestCaller.dial(server, `?encoding=${encoding}&sample_rate=8000&out_sample_rate=${rate}`);
    caller.send({ type: 'user_message', text: 'what is my balance' });
    expect(await caller.next('audio_stream_start')).toMatchObject({ encoding, sample_rate: rate });
    const bytesPerFrame = (rate / 50) * (encoding === 'pcm16' ? 2 : 1);
    await caller.heard(bytesPerFrame * 20);
    expect(caller.audioBytes % bytesPerFrame).toBe(0);
    await caller.hangUp();
  });

  it('understands speech, verifies the caller with it, and hears keys as well', async () => {
    const caller = await TestCaller.dial(server, '?sample_rate=8000');
    await caller.speak(silence(300), 8000);
    const since = caller.events.length;
    void caller.speak(new Int16Array([...recording('alan-01-balance'), ...silence(1500)]), 8000);
    expect(await caller.next('transcription_finished', since)).toMatchObject({
      text: 'what is my balance',
      rejected: false,
      turn_id: 'turn_1',
    });
    const order = caller.types(since);
    expect(order.indexOf('speech_started')).toBeLessThan(order.indexOf('speech_stopped'));
    expect(order.indexOf('speech_stopped')).toBeLessThan(order.indexOf('transcription_finished'));
    const complete = await caller.next('generation_complete', since);
    expect(Object.keys(complete.metrics)).toEqual(
      expect.arrayContaining([
        'endpointing_ms',
        'stt_final_ms',
        'llm_first_token_ms',
        'tts_first_byte_ms',
        'voice_to_voice_ms',
      ]),
    );
    const keyed = caller.events.length;
    for (const digit of '4242') caller.send({ type: 'dtmf', digit });
    await caller.next('generation_complete', keyed);
    const pin = caller.events.length;
    for (const digit of '1234') caller.send({ type: 'dtmf', digit });
    expect(await caller.next('tool_end', pin)).toMatchObject({ tool: 'verify_caller', ok: true });
    expect(await caller.next('tool_end', pin, (event) => event.tool === 'get_balance')).toMatchObject({ ok: true });
    await caller.hangUp();
  });

  it('falls silent when the caller speaks, and answers them instead', async () => {
    const caller = await TestCaller.dial(server, '?sample_rate=8000');
    caller.send({ type: 'user_message', text: 'what are your opening hours' });
    await caller.next('audio_stream_start');
    await caller.speak(silence(1000), 8000);
    const since = caller.events.length;
    void caller.speak(new Int16Array([...recording('alan-06-stolen'), ...silence(1500)]), 8000);
    const clear = await caller.next('audio_clear', since);
    expect(clear.generation_id).toBe('gen_1');
    expect(clear.heard_ms).toBeGreaterThan(900);
    expect(clear.heard_text).toMatch(/^Our branches are/);
    expect(clear.heard_text).not.toMatch(/Saturdays/);
    expect(await caller.next('generation_complete', since)).toMatchObject({
      generation_id: 'gen_1',
      outcome: 'interrupted',
    });
    expect(await caller.next('handoff', since)).toMatchObject({ from: 'concierge', to: 'fraud_desk' });
    await caller.hangUp();
  });

  it('goes on from where it stopped after a noise', async () => {
    const caller = await TestCaller.dial(server, '?sample_rate=8000');
    caller.send({ type: 'user_message', text: 'what is my balance' });
    await caller.next('audio_stream_start');
    await caller.speak(silence(600), 8000);
    const since = caller.events.length;
    // Too short to be words, loud enough to be speech.
    void caller.speak(new Int16Array([...recording('alan-04-no').subarray(800, 2800), ...silence(3000)]), 8000);
    const clear = await caller.next('audio_clear', since);
    const again = await caller.next('audio_stream_start', since);
    expect(again.generation_id).toBe(clear.generation_id);
    expect(await caller.next('generation_complete', since)).toMatchObject({
      generation_id: 'gen_1',
      outcome: 'completed',
    });
    await caller.hangUp();
  });

  it('stops at once when the client says so', async () => {
    const caller = await TestCaller.dial(server);
    caller.send({ type: 'interrupt' });
    expect(await caller.next('interrupt_ack')).toEqual({ type: 'interrupt_ack', generation_id: null });
    caller.send({ type: 'user_message', text: 'what are your opening hours' });
    await caller.heard(32_000);
    const since = caller.events.length;
    caller.send({ type: 'playback', generation_id: 'gen_1', played_ms: 500 });
    caller.send({ type: 'interrupt' });
    const clear = await caller.next('audio_clear', since);
    expect(clear.heard_ms).toBeGreaterThanOrEqual(500);
    expect(clear.heard_ms).toBeLessThan(900);
    expect(await caller.next('interrupt_ack', since)).toMatchObject({ generation_id: 'gen_1' });
    const bytes = caller.audioBytes;
    caller.send({ type: 'ping' });
    await caller.next('pong', since);
    expect(caller.audioBytes).toBe(bytes);
    await caller.hangUp();
  });

  it('answers the last of several turns that come at once', async () => {
    const caller = await TestCaller.dial(server);
    for (const text of ['what is my balance', 'never mind', 'what are your opening hours'])
      caller.send({ type: 'user_message', text });
    await caller.next('audio_stream_start', 0, (event) => event.generation_id === 'gen_3');
    const outcomes = caller.events.flatMap((event) => (event.type === 'generation_complete' ? [event.outcome] : []));
    expect(outcomes).toEqual(['interrupted', 'interrupted']);
    await caller.hangUp();
  });

  it('is listed while it lives, and can be ended from outside', async () => {
    const caller = await TestCaller.dial(server);
    const { session_id: id } = await caller.next('session_started');
    const { body } = await server.get(`/api/v1/sessions/${id}`);
    expect(body).toMatchObject({
      session_id: id,
      agent: 'concierge',
      state: 'IDLE',
      active_tasks: { turns: 'running', speaking: 'running' },
    });
    expect((await server.get('/api/v1/sessions')).body.sessions).toHaveLength(1);
    expect((await fetch(`${server.url}/api/v1/sessions/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await caller.closed).toEqual({ code: 1000, reason: 'operator' });
    expect((await server.get(`/api/v1/sessions/${id}`)).status).toBe(404);
  });

  it('ends when the client says so, and tells how it was', async () => {
    const caller = await TestCaller.dial(server);
    caller.send({ type: 'end' });
    expect(await caller.next('session_ended')).toMatchObject({ reason: 'completed', turns: 0 });
    expect((await caller.closed).code).toBe(1000);
  });
});

describe('a session in which nothing happens', () => {
  it('is closed with 1001', async () => {
    const server = await TestServer.start({ ...withoutSpeech, GREETING: 'off', IDLE_TIMEOUT_MS: '1000' });
    const caller = await TestCaller.dial(server);
    expect(await caller.closed).toEqual({ code: 1001, reason: 'idle' });
    expect(await server.quiet()).toEqual(nothingHeld);
    await server.stop();
  });

  it('is cut off when its client no longer answers pings', async () => {
    const server = await TestServer.start({ ...withoutSpeech, GREETING: 'off', HEARTBEAT_INTERVAL_MS: '100' });
    const caller = await TestCaller.dial(server);
    await caller.next('session_started');
    caller.socket.pause();
    expect(await server.quiet()).toEqual(nothingHeld);
    caller.socket.terminate();
    await server.stop();
  });

  it('is closed with 1012 when the server stops', async () => {
    const server = await TestServer.start(withoutSpeech);
    const caller = await TestCaller.dial(server);
    await caller.next('session_started');
    const stopped = server.stop();
    expect(await caller.next('session_ended')).toMatchObject({ reason: 'drain' });
    expect(await caller.closed).toEqual({ code: 1012, reason: 'drain' });
    await stopped;
  });
});
