import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { decodeMuLaw, encodeMuLaw } from '../../src/audio/g711.js';
import { Resampler } from '../../src/audio/resampler.js';
import { readWav } from '../../src/audio/wav.js';
import { ParleyError } from '../../src/kernel/errors.js';
import { voiceOf } from '../../src/services/people/voice-print.js';
import { cosineDistance } from '../../src/speech/speakers/cosine.js';
import { SherpaSpeakerEmbedder } from '../../src/speech/drivers/sherpa/sherpa-speaker-embedder.js';
import { SherpaBench, sherpaConfig } from '../speech/sherpa-bench.js';
import { bursts } from './bursts.js';
import { ANN, LearningBench, conversation, said } from './learning-bench.js';

const RATE = 8000;
/** Of what is cut differently; another tone is 1 away. */
const NEAR = 0.15;
const never = new AbortController().signal;

let bench: LearningBench;
beforeEach(async () => {
  bench = await LearningBench.start();
});
afterEach(() => bench.stop());

const voice = (hz: number, ms: number): Int16Array => bursts(hz, ms, RATE);
const distanceTo = async (hz: number, personId = 'p1'): Promise<number> => {
  const print = await bench.people.find('acme', personId);
  return cosineDistance(voiceOf(print!), await bench.voices.embed(bursts(hz, 3000, 16_000), never));
};

/** Minutes of both legs, in files of ten seconds: our side hums 400 Hz, the customer 1500 Hz. */
async function archiveBoth(ms: number, pieceMs = 10_000): Promise<void> {
  for (let startMs = 0; startMs < ms; startMs += pieceMs)
    await bench.archive(startMs, RATE, [voice(400, pieceMs), voice(1500, pieceMs)]);
}

describe('a voice', () => {
  it('is learned from the customer’s side of what was named', async () => {
    await bench.store(conversation([said('a', 5, 14, { person_id: 'p1' }), said('b', 20, 30)]));
    await archiveBoth(30_000);
    expect(await bench.learn(ANN, 'sample-1')).toBe('learned');
    expect(await bench.people.find('acme', 'p1')).toMatchObject({
      name: 'Ann',
      model: 'hummed-1',
      dimension: 40,
      samples: [{ id: 'sample-1', conversationId: 'c1' }],
    });
    expect(await distanceTo(1500)).toBeLessThan(NEAR);
    expect(await distanceTo(400)).toBeGreaterThan(0.9);
    expect(await bench.people.find('other', 'p1')).toBeUndefined();
  });

  it('is looked for on either side of what was named, as far as it is needed', async () => {
    await bench.store(
      conversation([
        said('far', 0, 9),
        said('before', 12, 15),
        said('a', 20, 22, { person_id: 'p1' }),
        said('b', 25, 31),
      ]),
    );
    await archiveBoth(40_000);
    expect(await bench.learn()).toBe('learned');
    // Both halves, and all of it: 2 s that were named, 6 s after and 3 s before.
    expect(bench.voices.clips).toEqual([5500, 5500, 11_000]);
  });

  it('is one’s own on one’s own side', async () => {
    await bench.store(conversation([said('a', 0, 10, { speaker_id: 0, is_user: true, person_id: 'user' })]));
    await archiveBoth(10_000);
    expect(await bench.learn({ ...ANN, personId: 'user:desk-1' })).toBe('learned');
    expect(await distanceTo(400, 'user:desk-1')).toBeLessThan(NEAR);
  });

  it('on a leg that several share is taken from where the others are silent', async () => {
    const other = { speaker_id: 2, speaker: 'SPEAKER_02' };
    await bench.store(
      conversation([said('a', 0, 12, { person_id: 'p1' }), said('x', 5, 6, other), said('y', 11, 20, other)], {
        channels: 1,
      }),
    );
    const shared = voice(1500, 20_000);
    shared.set(voice(400, 1000), 5 * RATE);
    shared.set(voice(400, 9000), 11 * RATE);
    await bench.archive(0, RATE, [shared]);
    expect(await bench.learn()).toBe('learned');
    expect(bench.voices.clips).toEqual([5000, 5000, 10_000]);
    expect(await distanceTo(1500)).toBeLessThan(NEAR);
    // Not a moment of what the other one hums.
    const [print] = await bench.people.known('acme');
    expect(print!.samples[0]!.embedding[4]).toBe(0);
  });

  it('may lie in files that overlap, of other rates and as mu-law', async () => {
    await bench.store(conversation([said('a', 0.5, 11.5, { person_id: 'p1' })]));
    await bench.archive(0, 16_000, [bursts(400, 4000, 16_000), bursts(1500, 4000, 16_000)]);
    const worn = decodeMuLaw(encodeMuLaw(voice(1500, 6000)));
    await bench.archive(3000, RATE, [voice(400, 6000), worn]);
    await bench.archive(9000, RATE, [voice(1500, 3000)]);
    expect(await bench.learn()).toBe('learned');
    expect(await distanceTo(1500)).toBeLessThan(NEAR);
  });

  it('is learned once by each request, and from five conversations at most', async () => {
    await bench.store(conversation([said('a', 0, 10, { person_id: 'p1' })]));
    await archiveBoth(10_000);
    expect([await bench.learn(ANN, 'one'), await bench.learn(ANN, 'one')]).toEqual(['learned', 'known']);
    for (const id of ['two', 'three', 'four', 'five']) expect(await bench.learn(ANN, id)).toBe('learned');
    expect(await bench.learn(ANN, 'six')).toBe('known');
    expect((await bench.people.find('acme', 'p1'))!.samples).toHaveLength(5);
    // With another model everything begins anew.
    bench.voices.model = 'hummed-2';
    expect(await bench.learn(ANN, 'seven')).toBe('learned');
    expect(await bench.people.find('acme', 'p1')).toMatchObject({ model: 'hummed-2', samples: [{ id: 'seven' }] });
  });

  it('is learned with a model by sherpa-onnx', async () => {
    const sherpa = new SherpaBench();
    const embedder = new SherpaSpeakerEmbedder(sherpaConfig(), sherpa.options());
    await embedder.start(never);
    try {
      await bench.store(conversation([said('a', 0, 10, { person_id: 'p1' })]));
      const caller = recordings('sam');
      await bench.archive(0, RATE, [voice(400, 10_000), caller.subarray(0, 10 * RATE)]);
      // The test model is the mean of mel bands, which differs with what is said; it is not one that tells voices apart.
      expect(await bench.learning(embedder).learn('one', ANN, never)).toBe('learned');
      const print = await bench.people.find('acme', 'p1');
      expect(print).toMatchObject({ dimension: 80, model: expect.stringMatching(/^sherpa:[0-9a-f]{16}$/) });
      const wide = new Resampler(RATE, 16_000).process(caller.subarray(0, 10 * RATE));
      expect(cosineDistance(voiceOf(print!), await embedder.embed(wide, never))).toBeLessThan(0.001);
    } finally {
      await embedder.close();
    }
  });
});

/** Everything that one caller says, without the silence around it. */
function recordings(caller: string): Int16Array {
  const folder = new URL('../fixtures/callers/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${caller}-`) && name.endsWith('.wav'));
  return Int16Array.from(
    names.sort().flatMap((name) => [...readWav(readFileSync(new URL(name, folder))).channels[0]!]),
  );
}

describe('a voice is not learned', () => {
  const named = said('a', 0, 10, { person_id: 'p1' });
  const refusal = async (): Promise<{ message: string; retryable: boolean }> =>
    bench.learn().then(
      (outcome) => ({ message: outcome, retryable: false }),
      (error: ParleyError) => ({ message: error.message, retryable: error.retryable }),
    );
  const why = (reason: string, retryable = false) => ({ message: `The voice is not learned: ${reason}`, retryable });

  it('from a conversation of which somebody does not agree', async () => {
    await bench.store(conversation([named], { consent: 'denied' }));
    await archiveBoth(10_000);
    expect(await bench.learn()).toBe('denied');
    expect([bench.voices.clips, await bench.people.known('acme')]).toEqual([[], []]);
  });

  it('when none is to be', async () => {
    await bench.stop();
    bench = await LearningBench.start({ SPEAKER_ID: 'off' });
    expect(await bench.learn()).toBe('off');
  });

  it('from a conversation that was deleted, and later from one that is not in the store yet', async () => {
    expect(await refusal()).toEqual({ message: 'The conversation is not in the store yet', retryable: true });
    await bench.store(conversation([named]));
    await bench.conversations.remove('acme', 'c1');
    expect(await bench.learn()).toBe('gone');
  });

  it('before the name is in the store', async () => {
    await bench.store(conversation([said('a', 0, 10)]));
    await archiveBoth(10_000);
    expect(await refusal()).toEqual(why('the name is not in the store yet', true));
    await bench.store(conversation([named]));
    expect(await bench.learn()).toBe('learned');
  });

  it('when somebody else has said it after all', async () => {
    await bench.store(conversation([said('a', 0, 10, { person_id: 'p2' })]));
    expect(await bench.learn()).toBe('renamed');
  });

  it('of whom was forgotten since, but from what is said later', async () => {
    await bench.store(conversation([named]));
    await archiveBoth(10_000);
    expect(await bench.learn(ANN, 'one')).toBe('learned');
    expect(await bench.people.remove('acme', 'p1')).toBe(true);
    expect([await bench.people.known('acme'), await bench.learn(ANN, 'two')]).toEqual([[], 'forgotten']);
    const later = new Date(Date.now() + 1000).toISOString();
    await bench.store({ ...conversation([named]), id: 'c2', startedAt: later });
    await bench.archive(0, RATE, [voice(400, 10_000), voice(1500, 10_000)], 'c2');
    expect(await bench.learn({ ...ANN, conversationId: 'c2' })).toBe('learned');
  });

  it('from too little of it, unless more is to come', async () => {
    const short = [said('a', 0, 7, { person_id: 'p1' }), said('b', 8, 20, { person_id: 'p2' })];
    await bench.store(conversation(short));
    expect(await refusal()).toEqual(why('there are 7000 ms of it, 8000 are needed'));
    await bench.store(conversation(short, {}, { status: 'in_progress' }));
    expect(await refusal()).toMatchObject({ retryable: true });
  });

  it('before its audio is archived', async () => {
    await bench.store(conversation([said('a', 5, 15, { person_id: 'p1' })]));
    await archiveBoth(10_000);
    expect(await refusal()).toEqual(why('too little of its audio is archived', true));
    await archiveBoth(20_000);
    expect(await bench.learn()).toBe('learned');
  });

  it('where the recogniser tells no voices apart', async () => {
    await bench.store(conversation([said('a', 0, 10, { person_id: 'p1', speaker_id: 0 })], { channels: 1 }));
    expect(await refusal()).toEqual(why('the recogniser does not tell voices apart'));
  });

  it('where several speak at the same time', async () => {
    const others = [1, 4, 7, 10, 13].map((start) => said(`x${start}`, start, start + 1.5, { speaker_id: 2 }));
    await bench.store(conversation([said('a', 0, 15, { person_id: 'p1' }), ...others], { channels: 1 }));
    expect(await refusal()).toEqual(why('several speak at the same time'));
  });

  const noise = Int16Array.from({ length: 10 * RATE }, (_, i) => 3000 * Math.sin(i * i * 0.37));
  it.each([
    ['it is too soft', voice(1500, 10_000).map((sample) => sample / 200)],
    ['it is too noisy', noise],
    ['it is overdriven', voice(1500, 10_000).map((sample) => Math.max(-32_768, Math.min(32_767, sample * 8)))],
    ['there is too little speech in it', voice(1500, 10_000).map((sample, i) => (i < 2 * RATE ? sample : 0))],
  ])('when %s', async (reason, pcm) => {
    await bench.store(conversation([named]));
    await bench.archive(0, RATE, [voice(400, 10_000), pcm]);
    expect(await refusal()).toEqual(why(reason));
    expect(bench.voices.clips).toEqual([]);
  });

  it('when it sounds like two', async () => {
    await bench.store(conversation([named]));
    const two = voice(1500, 10_000);
    two.set(voice(700, 5000), 5 * RATE);
    await bench.archive(0, RATE, [voice(400, 10_000), two]);
    expect(await refusal()).toEqual(why('it sounds like more than one person'));
    expect(await bench.people.known('acme')).toEqual([]);
  });

  it('while the embedder does not work', async () => {
    await bench.store(conversation([named]));
    await archiveBoth(10_000);
    bench.voices.failure = new ParleyError('unsupported', 'The speaker embedding service answered 503', true);
    expect(await refusal()).toEqual({ message: 'The speaker embedding service answered 503', retryable: true });
  });
});
