import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AudioSource } from '../../audio/source-queues.js';
import { ManualClock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { VoicePrint } from '../../services/people/voice-print.js';
import { SpeakerEmbedder } from '../../speech/speaker-embedder.js';
import { KnownVoices } from './known-voices.js';
import type { SpeakerMatch, WatchedSegment } from './speaker-identification.js';
import { VoiceWatch } from './voice-watch.js';

const RATE = 16_000;

/** Hears the loudest voice of a clip: the value of its samples says whose it is. */
class NumberedVoices extends SpeakerEmbedder {
  readonly dimension = 4;
  readonly model = 'numbers';
  readonly problem = undefined;
  /** How long each clip was, ms. */
  readonly clips: number[] = [];
  /** What is answered in place of what is heard, clip by clip. */
  readonly script: (Float32Array | Error)[] = [];
  hangs = false;
  running = 0;
  most = 0;

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override async embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    this.clips.push((pcm.length * 1000) / RATE);
    this.most = Math.max(this.most, ++this.running);
    try {
      if (this.hangs) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      await Promise.resolve();
      const scripted = this.script.shift();
      if (scripted instanceof Error) throw scripted;
      return scripted ?? voice(pcm[pcm.length >> 1]!);
    } finally {
      this.running--;
    }
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

/** All of them are as far from each other. */
const voice = (number: number): Float32Array => Float32Array.from([0, 1, 2, 3], (i) => (i === number ? 1 : 0));
/** Two thirds of the way from one to the other: 0.45 is too far from either, a bit more is not. */
const between = (one: number, other: number, share: number): Float32Array =>
  voice(one).map((value, i) => value * share + voice(other)[i]! * (1 - share));

function print(personId: string, number: number): VoicePrint {
  const at = '2026-11-20T10:00:00.000Z';
  const sample = { id: 's', conversationId: 'c', learnedAt: at, embedding: voice(number) };
  const known = { name: personId.toUpperCase(), model: 'numbers', dimension: 4, createdAt: at, updatedAt: at };
  return { personId, ...known, samples: [sample] };
}

let embedder: NumberedVoices;
let matches: SpeakerMatch[];
let lines: string[];
let clock: ManualClock;
beforeEach(() => {
  embedder = new NumberedVoices();
  matches = [];
  lines = [];
  clock = new ManualClock();
});

function watch(
  sources: readonly AudioSource[] = ['mic'],
  voices: Promise<KnownVoices | undefined> = Promise.resolve(
    new KnownVoices([print('ann', 1), print('ben', 2)], 'desk-1', { threshold: 0.45, margin: 0.05 }),
  ),
): VoiceWatch {
  return new VoiceWatch({
    session: { sessionId: 's1', tenant: 'acme', subject: 'desk-1', sampleRate: RATE, sources },
    voices,
    embedder,
    clock,
    onMatch: (match) => matches.push(match),
    log: (level, message) => lines.push(`${level}: ${message}`),
  });
}

/** Somebody is heard on a leg. */
function says(to: VoiceWatch, number: number, fromMs: number, toMs: number, source: AudioSource = 'mic'): void {
  to.hear(source, new Int16Array(((toMs - fromMs) * RATE) / 1000).fill(number), fromMs);
}

function segment(id: string, startMs: number, endMs: number, changes: Partial<WatchedSegment> = {}): WatchedSegment {
  return { conversationId: 'c1', id, source: 'mic', speakerId: 1, personId: null, startMs, endMs, ...changes };
}

/** All clips that wait were looked at. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('somebody who speaks', () => {
  it('is known by their voice, also in what they said before', async () => {
    const session = watch();
    says(session, 1, 0, 6000);
    session.segment(segment('a', 0, 1500));
    session.segment(segment('b', 2000, 3900));
    session.segment(segment('other', 0, 1000, { speakerId: 2 }));
    await settled();
    expect(embedder.clips).toEqual([]);
    session.segment(segment('c', 4000, 6000));
    await settled();
    expect(matches).toEqual([
      {
        conversationId: 'c1',
        speakerId: 1,
        segmentId: 'c',
        segmentIds: ['a', 'b', 'c'],
        personId: 'ann',
        personName: 'ANN',
        isUser: false,
        distance: expect.closeTo(0, 6),
      },
    ]);
    // And is not asked after again.
    says(session, 1, 6000, 12_000);
    session.segment(segment('d', 6000, 12_000));
    await settled();
    expect(embedder.clips).toHaveLength(1);
    await session.close(1000);
  });

  it('is looked at again with every new segment while it is not clear who it is', async () => {
    const session = watch();
    says(session, 3, 0, 20_000);
    for (let ms = 0; ms < 20_000; ms += 4000) session.segment(segment(`s${ms}`, ms, ms + 3000));
    await settled();
    expect([embedder.clips, matches]).toEqual([[3000, 3000, 3000, 3000, 3000], []]);
    await session.close(1000);
  });

  it('is known by several clips together, none of which would do', async () => {
    const session = watch();
    says(session, 1, 0, 20_000);
    // Each of them is 0.46 from Ann, in another direction.
    embedder.script.push(between(1, 0, 0.39), between(1, 3, 0.39));
    session.segment(segment('a', 0, 3000));
    await settled();
    expect(matches).toEqual([]);
    session.segment(segment('b', 4000, 7000));
    await settled();
    expect(matches).toMatchObject([{ personId: 'ann', segmentId: 'b', segmentIds: ['a', 'b'] }]);
    expect(matches[0]!.distance).toBeLessThan(0.45);
    await session.close(1000);
  });

  it('is heard for ten seconds from the middle at most, and a segment that grows only where it is new', async () => {
    const session = watch();
    says(session, 3, 0, 60_000);
    session.segment(segment('a', 0, 30_000));
    await settled();
    session.segment(segment('a', 0, 31_000));
    await settled();
    session.segment(segment('a', 0, 33_000));
    await settled();
    expect(embedder.clips).toEqual([10_000, 3000]);
    await session.close(1000);
  });

  it('is not known by less than two seconds of what is still there', async () => {
    const session = watch();
    says(session, 1, 0, 90_000);
    session.segment(segment('gone', 10_000, 20_000));
    session.segment(segment('short', 25_000, 31_900));
    await settled();
    expect(embedder.clips).toEqual([]);
    session.segment(segment('rest', 25_000, 32_000));
    await settled();
    expect(matches).toMatchObject([{ segmentId: 'rest', personId: 'ann' }]);
    await session.close(1000);
  });

  it('is who others say they are', async () => {
    const session = watch();
    says(session, 1, 0, 10_000);
    session.segment(segment('a', 0, 1000));
    session.segment(segment('a', 0, 1000, { personId: 'zoe' }));
    session.segment(segment('b', 2000, 8000));
    await settled();
    expect(embedder.clips).toEqual([]);
    await session.close(1000);
  });

  it('is who others say they are, also if it is said just now', async () => {
    const session = watch();
    says(session, 1, 0, 10_000);
    session.segment(segment('a', 0, 5000));
    session.segment(segment('a', 0, 5000, { personId: 'zoe' }));
    await settled();
    expect(matches).toEqual([]);
    await session.close(1000);
  });

  it('is somebody else in the next conversation', async () => {
    const session = watch();
    says(session, 1, 0, 10_000);
    session.segment(segment('a', 0, 5000));
    session.segment(segment('b', 6000, 9000, { conversationId: 'c2' }));
    await settled();
    expect(matches).toMatchObject([{ conversationId: 'c2', segmentIds: ['b'] }]);
    await session.close(1000);
  });

  it('may be anybody where the recogniser tells no voices apart', async () => {
    const session = watch();
    says(session, 1, 0, 10_000);
    session.segment(segment('a', 0, 9000, { speakerId: 0 }));
    await settled();
    expect(embedder.clips).toEqual([]);
    await session.close(1000);
  });
});

describe('two legs', () => {
  const known = Promise.resolve(
    new KnownVoices([print('user:desk-1', 1), print('ben', 2)], 'desk-1', { threshold: 0.45, margin: 0.05 }),
  );

  it('are each their own, and one’s own voice is on one’s own', async () => {
    const session = watch(['mic', 'system'], known);
    says(session, 1, 0, 5000, 'mic');
    says(session, 2, 0, 5000, 'system');
    session.segment(segment('a', 0, 4000, { speakerId: 0 }));
    session.segment(segment('b', 0, 4000, { speakerId: 1, source: 'system' }));
    await settled();
    expect(matches).toMatchObject([
      { speakerId: 0, personId: 'user', isUser: true },
      { speakerId: 1, personId: 'ben', isUser: false },
    ]);
    await session.close(1000);
  });

  it('do not make the customer one of ours', async () => {
    const session = watch(['mic', 'system'], known);
    says(session, 1, 0, 5000, 'system');
    session.segment(segment('b', 0, 4000, { speakerId: 1, source: 'system' }));
    await settled();
    expect([embedder.clips.length, matches]).toEqual([1, []]);
    await session.close(1000);
  });
});

describe('clips', () => {
  it('are looked at one at a time, and beyond a hundred not at all', async () => {
    const session = watch();
    for (let i = 0; i < 120; i++) {
      says(session, 3, i * 400, (i + 1) * 400);
      session.segment(segment(`s${i}`, i * 400 - 2500, i * 400, { speakerId: 1 + i }));
    }
    await session.close(60_000);
    expect([embedder.most, embedder.clips.length]).toEqual([1, 100]);
  });

  it('that cannot be looked at are told once, and the next ones are looked at', async () => {
    const session = watch();
    says(session, 1, 0, 30_000);
    const failed = new ParleyError('unsupported', 'The speaker embedding service answered 500', true);
    embedder.script.push(failed, failed);
    for (let ms = 0; ms < 12_000; ms += 4000) session.segment(segment(`s${ms}`, ms, ms + 3000));
    await settled();
    expect(matches).toMatchObject([{ personId: 'ann', segmentId: 's8000' }]);
    expect(lines).toEqual(['warn: A voice cannot be recognised: The speaker embedding service answered 500']);
    await session.close(1000);
  });

  it('do not keep a session from ending', async () => {
    const session = watch();
    embedder.hangs = true;
    says(session, 1, 0, 30_000);
    session.segment(segment('a', 0, 4000));
    session.segment(segment('b', 5000, 9000));
    const closed = session.close(5000);
    await settled();
    await clock.advance(5000);
    await closed;
    expect([embedder.clips.length, embedder.running, matches, lines, clock.pending]).toEqual([1, 0, [], [], 0]);
  });

  it('wait until it is known who may be heard', async () => {
    const loaded = Promise.withResolvers<KnownVoices | undefined>();
    const session = watch(['mic'], loaded.promise);
    says(session, 1, 0, 5000);
    session.segment(segment('a', 0, 4000));
    await settled();
    expect(embedder.clips).toEqual([]);
    loaded.resolve(new KnownVoices([print('ann', 1)], 'desk-1', { threshold: 0.45, margin: 0.05 }));
    await settled();
    expect(matches).toMatchObject([{ personId: 'ann' }]);
    await session.close(1000);
  });

  it('are not looked at when nobody can be known, nor when that never gets clear', async () => {
    for (const nobody of [Promise.resolve(undefined), new Promise<undefined>(() => undefined)]) {
      const session = watch(['mic'], nobody);
      says(session, 1, 0, 5000);
      session.segment(segment('a', 0, 4000));
      await settled();
      const closed = session.close(1000);
      await clock.advance(1000);
      await closed;
    }
    expect(embedder.clips).toEqual([]);
  });
});
