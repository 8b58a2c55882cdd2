import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, ManualClock, SystemClock } from '../../src/kernel/clock.js';
import { createSafeFetch } from '../../src/services/http/safe-fetch.js';
import { cosineDistance } from '../../src/speech/speakers/cosine.js';
import { HttpSpeakerEmbedder } from '../../src/speech/speakers/http-speaker-embedder.js';
import { EMBEDDER_KEY, type EmbedderFault, EmbedderService } from '../fakes/embedder/embedder-service.js';
import { bursts } from './bursts.js';

const never = new AbortController().signal;
const voice = (hz: number): Int16Array => bursts(hz, 3000, 16_000);

let service: EmbedderService;
let incidents: string[];
const opened: (() => Promise<void>)[] = [];
beforeEach(async () => {
  service = await EmbedderService.start();
  incidents = [];
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await service.stop();
});

function embedder(clock: Clock = new SystemClock(), changes: { url?: string; key?: string } = {}): HttpSpeakerEmbedder {
  const safe = createSafeFetch({ allowPrivate: true, connectTimeoutMs: 2000 });
  const config = { url: service.url, key: EMBEDDER_KEY, timeoutMs: 5000, ...changes };
  const made = new HttpSpeakerEmbedder({
    config,
    fetch: safe.fetch,
    clock,
    onIncident: (message) => incidents.push(message),
  });
  opened.push(async () => {
    await made.close();
    await safe.close();
  });
  return made;
}

const failure = async (by: HttpSpeakerEmbedder, pcm = voice(440)) =>
  by.embed(pcm, never).then(
    () => undefined,
    (error: { code: string; message: string; retryable: boolean }) => error,
  );

describe('a service for embeddings', () => {
  it('gets WAV files in forms, and its answers are compared', async () => {
    const made = embedder();
    await made.start();
    expect([made.dimension, made.model]).toEqual([0, '']);
    const [low, same, high] = [
      await made.embed(voice(440), never),
      await made.embed(voice(445), never),
      await made.embed(voice(1800), never),
    ];
    expect([service.complaints, service.clips]).toEqual([[], [3000, 3000, 3000]]);
    expect([cosineDistance(low, same), cosineDistance(low, high)]).toEqual([0, 1]);
    expect([made.dimension, made.model, made.problem]).toEqual([48, 'http:bands-1', undefined]);
  });

  it('may answer in rows, without a name', async () => {
    service.model = undefined;
    const made = embedder();
    expect(await made.embed(voice(440), never)).toHaveLength(48);
    expect(made.model).toBe('http:');
  });

  it('that does not take the audio is not at fault, and is not asked for the same again', async () => {
    const made = embedder();
    for (let i = 0; i < 5; i++)
      expect(await failure(made, new Int16Array(1000))).toMatchObject({
        message: 'The speaker embedding service answered 422',
        retryable: false,
      });
    expect([service.requests, made.problem, incidents]).toEqual([5, undefined, []]);
  });

  const numbers = Array.from({ length: 64 }, () => 1);
  it.each<[string, EmbedderFault, RegExp]>([
    ['is overloaded', { kind: 'status', status: 503 }, /answered 503/],
    ['does not let us in', { kind: 'status', status: 401 }, /answered 401/],
    ['sends us elsewhere', { kind: 'status', status: 302 }, /answered 302|cannot be reached/],
    ['hangs up', { kind: 'hang_up' }, /cannot be reached/],
    ['breaks off', { kind: 'break_off' }, /cannot be reached/],
    ['answers no JSON', { kind: 'body', body: '<html>' }, /no embedding/],
    ['answers an error as if it were none', { kind: 'body', body: '{"error":"secret"}' }, /no embedding/],
    ['answers nothing but zeros', { kind: 'body', body: JSON.stringify([numbers.map(() => 0)]) }, /no embedding/],
    ['answers several', { kind: 'body', body: JSON.stringify([numbers, numbers]) }, /no embedding/],
    ['answers too few numbers', { kind: 'body', body: '{"embedding":[1,2]}' }, /no embedding/],
    ['answers without end', { kind: 'body', body: '1'.repeat(1_000_001) }, /answered too much/],
  ])('that %s can be asked again', async (_, fault, problem) => {
    const made = embedder();
    service.faults.push(fault);
    const error = await failure(made);
    expect(error).toMatchObject({ code: 'unsupported', retryable: true, message: expect.stringMatching(problem) });
    // Nor are its address, its key and what it said anywhere in it.
    expect(error!.message).not.toMatch(/127\.0\.0\.1|secret|embedder-key/);
    expect(await made.embed(voice(440), never)).toHaveLength(48);
  });

  it('that is not there is not waited for', async () => {
    const made = embedder();
    await service.stop();
    expect(await failure(made)).toMatchObject({ message: 'The speaker embedding service cannot be reached' });
    service = await EmbedderService.start();
  });

  it('that does not answer is not waited for either', async () => {
    const clock = new ManualClock();
    const made = embedder(clock);
    service.faults.push({ kind: 'silence' });
    const failed = failure(made);
    await service.requested(1);
    await clock.advance(5000);
    expect(await failed).toMatchObject({ message: 'The speaker embedding service gave no answer within 5000 ms' });
    expect(clock.pending).toBe(0);
  });

  it('that fails three times is left alone for a while, which is told once', async () => {
    const clock = new ManualClock();
    const made = embedder(clock);
    for (let i = 0; i < 3; i++) service.faults.push({ kind: 'status', status: 500 });
    for (let i = 0; i < 3; i++) await failure(made);
    expect(await failure(made)).toMatchObject({ retryable: true, message: expect.stringMatching(/left alone/) });
    expect([service.requests, made.problem]).toEqual([3, 'the service does not work']);
    await clock.advance(30_000);
    await made.embed(voice(440), never);
    expect([made.problem, incidents]).toEqual([
      undefined,
      [
        'The speaker embedding service does not work; nobody is known by voice',
        'The speaker embedding service works again',
      ],
    ]);
  });

  it('is not asked by who has gone, and says nothing of it then', async () => {
    const made = embedder();
    service.faults.push({ kind: 'silence' });
    const leaving = new AbortController();
    const asked = made.embed(voice(440), leaving.signal);
    await service.requested(1);
    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    await expect(made.embed(voice(440), leaving.signal)).rejects.toThrow('gone');
    expect([service.requests, made.problem]).toEqual([1, undefined]);
  });

  it('in a network where clouds keep credentials is not asked', async () => {
    const made = embedder(new SystemClock(), { url: 'http://169.254.169.254/latest' });
    expect(await failure(made)).toMatchObject({ message: 'The speaker embedding service cannot be reached' });
  });
});
