import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readWav } from '../../src/audio/wav.js';
import type { ConversationRecord } from '../../src/services/conversations/conversation-record.js';
import { TestCaller, TestServer, nothingHeld } from '../support/test-server.js';
import { ListenCaller } from './support/listen-caller.js';

const RATE = 8000;
const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

async function recording(name: string): Promise<Int16Array> {
  const file = await readFile(new URL(`../fixtures/callers/${name}.wav`, import.meta.url));
  return readWav(file).channels[0]!;
}

/** Both legs in real time, 20 ms each 20 ms. */
async function speak(caller: ListenCaller, legs: readonly (readonly Int16Array[])[]): Promise<void> {
  const audio = legs.map((parts) => new Int16Array(parts.flatMap((part) => [...part])));
  const frames = Math.ceil(Math.max(...audio.map(({ length }) => length)) / 160);
  const startedAt = performance.now();
  for (let sent = 0; sent < frames; sent++) {
    const dueMs = startedAt + sent * 20 - performance.now();
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    for (const [leg, pcm] of audio.entries()) {
      const frame = new Int16Array(160);
      frame.set(pcm.subarray(sent * 160, sent * 160 + 160));
      caller.sendAudio(frame, leg + 1);
    }
  }
}

describe('calls of others', () => {
  let directory: string;
  let server: TestServer;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'parley-listen-'));
    server = await TestServer.start({
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: directory,
      AUTH_TOKENS: 'a-token-of-the-desk',
      LISTEN_SEGMENT_MS: '100',
      MAX_CONNECTIONS: '2',
      SESSION_ACQUIRE_TIMEOUT_MS: '0',
    });
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });
  const headers = { Authorization: 'Bearer a-token-of-the-desk' };

  it('are written down, stored and processed, both sides of them', async () => {
    const caller = await ListenCaller.dial(server.url, `?channels=2&sample_rate=${RATE}&source=desk`, headers);
    await caller.ready();
    const id = caller.conversationId;
    const [question, answer] = await Promise.all([recording('alan-01-balance'), recording('noel-06-stolen')]);
    const questionMs = question.length / 8;
    await speak(caller, [
      [silence(500), question, silence(2500)],
      [silence(1000 + questionMs), answer, silence(1000)],
    ]);
    const [first, second] = [
      await caller.understands('what is my balance'),
      await caller.understands('my card was stolen'),
    ];
    expect(first).toMatchObject({ speaker: 'SPEAKER_00', is_user: true });
    expect(second).toMatchObject({ speaker: 'SPEAKER_01', is_user: false });
    expect(first.start).toBeLessThan(second.start);
    const sessions = (await server.get('/api/v1/sessions', headers)).body['sessions'];
    expect(sessions).toMatchObject([{ kind: 'listen', state: 'listening', turns: 2 }]);
    caller.send({ type: 'end' });
    expect(await caller.closed).toEqual({ code: 1000, reason: 'completed' });
    expect(await server.quiet()).toEqual(nothingHeld);
    let found: ConversationRecord;
    do found = (await server.get(`/api/v1/conversations/${id}`, headers)).body as unknown as ConversationRecord;
    while (found.status !== 'completed');
    expect(found).toMatchObject({ kind: 'listen', end_reason: 'completed', listened: { source: 'desk', channels: 2 } });
    expect(found.listened!.segments.map(({ text }) => text)).toEqual(caller.texts);
    expect(found.insights).toMatchObject({ generation: 1 });
  });

  it('hold nothing of what was said in a pause', async () => {
    const caller = await ListenCaller.dial(server.url, `?channels=2&sample_rate=${RATE}`, headers);
    await caller.ready();
    const id = caller.conversationId;
    const say = async (name: string): Promise<void> =>
      speak(caller, [[silence(500)], [await recording(name), silence(1000)]]);
    await say('alan-01-balance');
    caller.send({ type: 'pause' });
    await caller.next('service_status', ({ status }) => status === 'paused');
    await say('alan-06-stolen');
    caller.send({ type: 'resume' });
    await caller.next('service_status', ({ status }) => status === 'resumed');
    await say('alan-12-person');
    await caller.understands('speak to a person please');
    expect(caller.texts).toEqual(['what is my balance', 'speak to a person please']);
    await caller.hangUp();
    expect(await server.quiet()).toEqual(nothingHeld);
    const { body } = await server.get(`/api/v1/conversations/${id}`, headers);
    expect(JSON.stringify(body)).not.toContain('stolen');
    const { segments, gaps } = (body as unknown as ConversationRecord).listened!;
    expect(gaps).toMatchObject([{ of: 'audio', reason: 'paused' }]);
    // What was said in between still takes its time.
    expect(segments[1]!.start).toBeGreaterThan(gaps[0]!.end);
  });

  it.each([
    ['?channels=3', 400, 'invalid_parameter', 'Parameter "channels": allowed are 1, 2'],
    [
      '?codec=opus',
      400,
      'invalid_parameter',
      expect.stringMatching(/^Unknown parameter "codec"; allowed are language/),
    ],
    [
      '?language=de-DE',
      400,
      'invalid_parameter',
      'Parameter "language": no recogniser here understands "de-DE"; allowed are en',
    ],
    ['?conversation_timeout=60', 400, 'invalid_parameter', expect.stringContaining('allowed are 120 to 14400 seconds')],
  ])('are refused with %s: %d %s', async (query, status, code, message) => {
    const answer = await ListenCaller.tryDial(server.url, query, headers);
    expect(answer).toEqual({ status, error: { code, message } });
  });

  it('are refused without a credential, and when there is no room', async () => {
    expect(await ListenCaller.tryDial(server.url)).toMatchObject({ status: 401, error: { code: 'unauthorized' } });
    const listening = await ListenCaller.dial(server.url, '', headers);
    const speaking = await TestCaller.dial(server, '', headers);
    const answer = await ListenCaller.tryDial(server.url, '', headers);
    expect(answer).toMatchObject({ status: 503, error: { code: 'at_capacity' } });
    await listening.hangUp();
    await speaking.hangUp();
    expect(await server.quiet()).toEqual(nothingHeld);
  });

  it('are ended from outside', async () => {
    const caller = await ListenCaller.dial(server.url, '', headers);
    await caller.ready();
    const { sessions } = (await server.get('/api/v1/sessions', headers)).body as { sessions: [{ session_id: string }] };
    const url = `${server.url}/api/v1/sessions/${sessions[0].session_id}`;
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(204);
    expect(await caller.closed).toEqual({ code: 1000, reason: 'operator' });
  });

  it('are described in the protocol document', async () => {
    const { body } = await server.get('/api/v1/protocol.json', headers);
    expect(body['listen']).toMatchObject({ path: '/api/v1/listen/ws', keepalive: 'ping' });
    const {
      client,
      server: events,
      transcript,
    } = body['listen'] as Record<string, { oneOf?: unknown[]; type?: string }>;
    expect([client!.oneOf?.length, events!.oneOf?.length, transcript!.type]).toEqual([5, 9, 'array']);
  });
});
