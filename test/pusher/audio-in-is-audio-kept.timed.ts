import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Chance } from '../../src/kernel/chance.js';
import { UnkeptAudio } from '../../src/pusher/link/unkept-audio.js';
import type { AudioUpload } from '../../src/pusher/server/audio-sink.js';
import { AudioBench, type FoundPiece, sampleAt, speech } from './audio-bench.js';
import { comesTrue } from './happenings.js';
import { START } from './link-bench.js';

const ROUNDS = 12;
const STEPS = 80;
const PER_MS = 8;
const FORMAT = { sampleRate: 1000 * PER_MS, channels: 2 } as const;

interface Spoken {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A link that keeps what is not acknowledged, to uploads that end when they like, to an archive that works when it likes. */
async function play(seed: number) {
  const chance = new Chance(seed);
  const bench = new AudioBench(FORMAT, { LISTEN_AUDIO_BATCH_MS: '5000' });
  const lost: { conversationId: string; fromMs: number; toMs: number }[] = [];
  const unkept = new UnkeptAudio(FORMAT, seed % 3 > 0 ? 100_000_000 : 2_000_000, (range) => lost.push(range));
  const spoken = new Map<string, Spoken[]>();
  let upload: AudioUpload;
  const connect = (): void => {
    const mine = (upload = bench.open());
    mine.onKept((id, untilMs) => mine === upload && unkept.keep(id, untilMs));
  };
  const pump = (): void => {
    const most = 400 * (1 + Math.floor(chance.next() * 100));
    for (let chunk = unkept.next(1, most); chunk; chunk = unkept.next(1, most)) {
      const samples = new Int16Array(chunk.pcm.length / 2);
      Buffer.from(samples.buffer).set(chunk.pcm);
      upload.write(chunk.conversationId, chunk.startMs, samples);
    }
  };
  connect();
  let at = 0;
  let conversation = 0;
  for (let step = 0; step < STEPS; step++) {
    if (step === 0 || chance.happens(0.1)) {
      bench.stored.set(`c${++conversation}`, START);
      if (chance.happens(0.7)) void upload!.flush().catch(() => undefined);
    }
    const id = `c${conversation}`;
    for (let frames = Math.ceil(chance.next() * 40); frames > 0; frames--) {
      if (chance.happens(0.05)) at += [3, 40, 1500, 2500, 9000][Math.floor(chance.next() * 5)]!;
      const toMs = at + 1 + Math.floor(chance.next() * 200);
      unkept.append(id, START + at, speech(at, toMs));
      spoken.set(id, [...(spoken.get(id) ?? []), { fromMs: at, toMs }]);
      at = toMs;
    }
    if (chance.happens(0.8)) pump();
    if (chance.happens(0.15)) {
      // The connection, or the whole pusher, is gone; what was on its way may still arrive.
      if (chance.happens(0.5)) void upload!.flush().catch(() => undefined);
      for (let turns = Math.floor(chance.next() * 20); turns > 0; turns--) await turn();
      upload!.close();
      unkept.rewind();
      connect();
    }
    if (chance.happens(0.2)) void upload!.flush().catch(() => undefined);
    bench.archive.fault = chance.happens(0.3) ? 'fails' : 'none';
    bench.journal.fault = chance.happens(0.2) ? 'fails' : 'none';
    bench.storeIsAway = chance.happens(0.2);
    await bench.clock.advance(chance.next() * 3000);
    for (let turns = Math.floor(chance.next() * 10); turns > 0; turns--) await turn();
  }
  bench.archive.fault = bench.journal.fault = 'none';
  bench.storeIsAway = false;
  pump();
  const settled = new AbortController();
  const flushed = upload!.flush().finally(() => settled.abort());
  while (!settled.signal.aborted || bench.delivery.waiting > 0) {
    await bench.clock.advance(1000);
    await turn();
  }
  await flushed;
  await comesTrue(() => unkept.isEmpty);
  unkept.tellLost();
  upload!.close();
  const pieces = new Map<string, FoundPiece[]>();
  for (const id of spoken.keys()) pieces.set(id, await bench.pieces(id));
  await comesTrue(() => bench.clock.pending === 0);
  await bench.stop();
  return { spoken, pieces, lost };
}

/** How much of it is there at least once. Throws where it is not as it was said. */
function heard(pieces: readonly FoundPiece[], spoken: readonly Spoken[], lost: readonly Spoken[]) {
  const end = Math.max(...spoken.map(({ toMs }) => toMs), 0) * PER_MS;
  const said = new Uint8Array(end);
  const gone = new Uint8Array(end);
  const kept = new Uint8Array(end);
  for (const { fromMs, toMs } of spoken) said.fill(1, fromMs * PER_MS, toMs * PER_MS);
  for (const { fromMs, toMs } of lost) gone.fill(1, Math.round(fromMs * PER_MS), Math.round(toMs * PER_MS));
  let wrong = 0;
  for (const { startMs, channels } of pieces) {
    const first = Math.round(startMs * PER_MS);
    for (const [channel, samples] of channels.entries())
      samples.forEach((sample, i) => {
        const index = first + i;
        kept[index] = 1;
        // What was given up by the link may be there all the same, or be silence between what is there.
        const expected = said[index] ? sampleAt(index, channel) : 0;
        if (sample !== expected && !(gone[index] && sample === 0)) wrong++;
      });
  }
  let missing = 0;
  for (let i = 0; i < end; i++) if (said[i] && !kept[i] && !gone[i]) missing++;
  return { wrong, missing, saidMs: said.reduce((sum, is) => sum + is, 0) / PER_MS };
}

describe('audio in', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    'is audio kept, sample for sample, but for what the link says is lost (%i)',
    async (seed) => {
      const { spoken, pieces, lost } = await play(seed);
      let saidMs = 0;
      for (const [id, ranges] of spoken) {
        const given = lost
          .filter(({ conversationId }) => conversationId === id)
          .map(({ fromMs, toMs }) => ({ fromMs: fromMs - START, toMs: toMs - START }));
        const found = heard(pieces.get(id)!, ranges, given);
        expect({ id, wrong: found.wrong, missing: found.missing }).toEqual({ id, wrong: 0, missing: 0 });
        saidMs += found.saidMs;
      }
      expect(saidMs).toBeGreaterThan(60_000);
      // A link with room for all that waits loses nothing.
      if (seed % 3 > 0) expect(lost).toEqual([]);
    },
    60_000,
  );
});
