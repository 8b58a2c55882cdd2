import { afterEach, describe, expect, it } from '@jest/globals';
import type { AudioUpload } from '../../src/pusher/server/audio-sink.js';
import { AudioBench, speech } from './audio-bench.js';
import { comesTrue } from './happenings.js';
import { START } from './link-bench.js';

let bench: AudioBench;
afterEach(() => bench.stop());

/** What an upload has told of one conversation, since the beginning, ms. */
function keptOf(upload: AudioUpload): { until: number[]; ids: string[] } {
  const kept = { until: [] as number[], ids: [] as string[] };
  upload.onKept((id, untilMs) => {
    kept.ids.push(id);
    kept.until.push(untilMs - START);
  });
  return kept;
}

function begin(
  settings: NodeJS.ProcessEnv = {},
  ...ids: string[]
): { upload: AudioUpload; kept: ReturnType<typeof keptOf> } {
  bench = new AudioBench({ sampleRate: 8000, channels: 2 }, settings);
  for (const id of ids) bench.stored.set(id, START);
  const upload = bench.open();
  return { upload, kept: keptOf(upload) };
}

function speak(upload: AudioUpload, fromMs: number, toMs: number, id = 'c1', frameMs = 200): void {
  for (let at = fromMs; at < toMs; at += frameMs)
    upload.write(id, START + at, speech(at, Math.min(toMs, at + frameMs)));
}

const namesOf = async (id = 'c1'): Promise<string[]> => (await bench.pieces(id)).map(({ name }) => name);

describe('audio of a call that is listened to', () => {
  it('is written once a minute, in stereo, by the time since the conversation began', async () => {
    const { upload, kept } = begin({}, 'c1');
    speak(upload, 500, 60_300);
    await comesTrue(() => kept.until.length === 0);
    expect(await bench.pieces('c1')).toEqual([]);
    speak(upload, 60_300, 61_000);
    await comesTrue(() => kept.until.length === 1);
    expect(kept).toEqual({ ids: ['c1'], until: [60_500] });
    const [piece] = await bench.pieces('c1');
    expect([piece!.name, piece!.channels.length, piece!.channels[0]!.length]).toEqual([
      '000000500-000060500.wav',
      2,
      480_000,
    ]);
    const said = speech(500, 60_500);
    for (const channel of [0, 1])
      expect(piece!.channels[channel]!.every((sample, i) => sample === said[2 * i + channel])).toBe(true);
    upload.close();
    expect(bench.clock.pending).toBe(0);
  });

  it('is written when the oldest of it is a minute old', async () => {
    const { upload, kept } = begin({}, 'c1');
    speak(upload, 0, 400);
    await bench.clock.advance(59_999);
    expect(bench.archive.puts).toBe(0);
    await bench.clock.advance(1);
    await comesTrue(() => kept.until.length === 1);
    expect(kept.until).toEqual([400]);
    upload.close();
  });

  it('is written when another conversation begins, when somebody asks, and before its time where it is much', async () => {
    const { upload, kept } = begin({}, 'c1', 'c2');
    speak(upload, 0, 400);
    speak(upload, 400, 800, 'c2');
    await comesTrue(() => kept.ids.length === 1);
    await upload.flush();
    expect(kept).toEqual({ ids: ['c1', 'c2'], until: [400, 800] });
    upload.close();
    await bench.stop();
    bench = new AudioBench({ sampleRate: 48_000, channels: 2 });
    bench.stored.set('c1', START);
    const loud = bench.open();
    const told = keptOf(loud);
    for (let at = 0; at < 22_000; at += 200) loud.write('c1', START + at, new Int16Array(2 * 9600));
    await comesTrue(() => told.until.length === 1);
    expect(told.until[0]).toBeCloseTo(22_000, -3);
    loud.close();
  });

  it('has silence where little of it is missing, and another file where much is', async () => {
    const { upload } = begin({}, 'c1');
    speak(upload, 0, 1000);
    speak(upload, 3000, 4000);
    speak(upload, 6001, 7000);
    await upload.flush();
    const pieces = await bench.pieces('c1');
    expect(pieces.map(({ name, channels }) => [name, channels[0]!.length / 8])).toEqual([
      ['000000000-000004000.wav', 4000],
      ['000006001-000007000.wav', 999],
    ]);
    expect(pieces[0]!.channels[0]!.subarray(8000, 24_000).every((sample) => sample === 0)).toBe(true);
    expect(pieces[0]!.channels[1]!.subarray(24_000)).toEqual(speech(3000, 4000).filter((_, i) => i % 2 === 1));
    upload.close();
  });

  it('is one file although times are rounded on their way', async () => {
    const { upload } = begin({}, 'c1');
    for (let i = 0; i < 100; i++)
      upload.write('c1', START + i * 20 + ((i * 7) % 11) / 10 - 0.5, speech(i * 20, i * 20 + 20));
    await upload.flush();
    const [piece, ...rest] = await bench.pieces('c1');
    expect(rest).toEqual([]);
    expect(piece!.channels[0]).toEqual(speech(0, 2000).filter((_, i) => i % 2 === 0));
    upload.close();
  });

  it('begins between two milliseconds where it does', async () => {
    const { upload } = begin({}, 'c1');
    upload.write('c1', START + 60.125, speech(0, 20));
    await upload.flush();
    expect(await namesOf()).toEqual(['000000060.125-000000080.125.wav']);
    upload.close();
  });

  it('of before its conversation is no part of it', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.stored.set('c1', START + 1000);
    speak(upload, 0, 600);
    await upload.flush();
    speak(upload, 600, 1600);
    await upload.flush();
    expect(kept.until).toEqual([600, 1600]);
    const [piece, ...rest] = await bench.pieces('c1');
    expect([piece!.name, rest.length]).toEqual(['000000000-000000600.wav', 0]);
    expect(piece!.channels[0]).toEqual(speech(1000, 1600).filter((_, i) => i % 2 === 0));
    upload.close();
  });

  it('may be written as mu-law, half the size', async () => {
    const { upload } = begin({ LISTEN_AUDIO_FORMAT: 'mulaw' }, 'c1');
    speak(upload, 0, 1000);
    await upload.flush();
    const [{ bytes } = { bytes: 0 }] = await bench.archive.list('acme', 'c1');
    expect(bytes).toBe(58 + 16_000);
    const [piece] = await bench.pieces('c1');
    const said = speech(0, 1000);
    // Steps of mu-law are a sixteenth of what is said at most.
    for (const channel of [0, 1])
      expect(
        piece!.channels[channel]!.every(
          (sample, i) => Math.abs(sample - said[2 * i + channel]!) <= Math.max(8, Math.abs(sample) / 16),
        ),
      ).toBe(true);
    upload.close();
  });

  it('is acknowledged when it is on the disk, if the archive is away', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.archive.fault = 'fails';
    speak(upload, 0, 400);
    await upload.flush();
    expect(kept.until).toEqual([400]);
    expect(await bench.pieces('c1', bench.journal)).toHaveLength(1);
    bench.archive.fault = 'none';
    await bench.clock.advance(1000);
    await comesTrue(() => bench.delivery.waiting === 0);
    expect(await namesOf()).toEqual(['000000000-000000400.wav']);
    upload.close();
  });

  it('is a dead letter on the disk if the archive will never take it, and holds up nothing', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.archive.fault = 'refuses';
    speak(upload, 0, 400);
    await upload.flush();
    expect([kept.until, bench.delivery.refused, bench.delivery.waiting]).toEqual([[400], 1, 0]);
    expect(await bench.pieces('c1', bench.journal)).toHaveLength(1);
    expect(bench.lines).toEqual([expect.stringContaining('refuses acme/c1/000000000-000000400.wav')]);
    upload.close();
  });

  it('is not acknowledged as long as it can be kept nowhere, and comes in order when it can', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.archive.fault = bench.journal.fault = 'fails';
    speak(upload, 0, 400);
    const flushed = upload.flush();
    speak(upload, 400, 800);
    void upload.flush();
    await comesTrue(() => bench.journal.puts === 1);
    await bench.clock.advance(60_000);
    await comesTrue(() => bench.journal.puts > 1);
    expect([kept.until, bench.sink.isStuck]).toEqual([[], true]);
    bench.archive.fault = bench.journal.fault = 'none';
    await bench.clock.advance(30_000);
    await flushed;
    await upload.flush();
    expect(bench.sink.isStuck).toBe(false);
    expect([kept.until, bench.sink.heldBytes]).toEqual([[400, 800], 0]);
    upload.close();
    // The archive's next try.
    await bench.clock.advance(60_000);
    expect(bench.clock.pending).toBe(0);
  });

  it('that is not safe yet when its link is closed is not acknowledged', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.archive.fault = 'hangs';
    speak(upload, 0, 400);
    const flushed = upload.flush().then(
      () => 'flushed',
      (error: { code: string }) => error.code,
    );
    speak(upload, 400, 800);
    upload.close();
    upload.close();
    expect(await flushed).toBe('aborted');
    bench.archive.release();
    await comesTrue(() => bench.clock.pending === 0);
    speak(upload, 800, 1200);
    expect(kept.until).toEqual([]);
  });

  it('is refused when there is no memory left for it, after what there is was brought away', async () => {
    const { upload, kept } = begin({ LISTEN_AUDIO_MEMORY_BYTES: '1000000' }, 'c1');
    bench.archive.fault = bench.journal.fault = 'fails';
    expect(() => speak(upload, 0, 60_000)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    upload.close();
    await comesTrue(() => bench.sink.heldBytes === 0);
    bench.archive.fault = bench.journal.fault = 'none';
    const next = bench.open();
    const told = keptOf(next);
    speak(next, 0, 31_000);
    await next.flush();
    expect([kept.until, told.until.at(-1)]).toEqual([[], 31_000]);
    // Memory was short again and again.
    expect(told.until.length).toBeGreaterThan(1);
    next.close();
  });
});

describe('audio of a conversation that is gone', () => {
  it('is dropped and acknowledged', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.removed.add('c1');
    speak(upload, 0, 400);
    await upload.flush();
    expect([kept.until, bench.archive.puts, bench.journal.puts]).toEqual([[400], 0, 0]);
    upload.close();
  });

  it('is dropped also if it was deleted in mid-call', async () => {
    const { upload, kept } = begin({}, 'c1');
    speak(upload, 0, 400);
    await upload.flush();
    bench.stored.delete('c1');
    speak(upload, 400, 800);
    await upload.flush();
    expect([kept.until, bench.archive.puts]).toEqual([[400, 800], 1]);
    upload.close();
  });

  it('goes with it if it was deleted while this was on its way', async () => {
    const { upload, kept } = begin({}, 'c1');
    bench.archive.onPut = (id) => void bench.stored.delete(id);
    speak(upload, 0, 400);
    await upload.flush();
    expect([kept.until, await namesOf()]).toEqual([[400], []]);
    upload.close();
  });

  it('is waited with for a while, as the conversation may be stored late', async () => {
    const { upload, kept } = begin();
    speak(upload, 0, 400);
    const flushed = upload.flush();
    await bench.clock.advance(3000);
    expect(bench.archive.puts).toBe(0);
    bench.stored.set('c1', START);
    await bench.clock.advance(4000);
    await flushed;
    expect(await namesOf()).toEqual(['000000000-000000400.wav']);
    speak(upload, 400, 800, 'never');
    const dropped = upload.flush();
    await bench.clock.advance(40_000);
    await dropped;
    expect(kept.ids).toEqual(['c1', 'never']);
    upload.close();
  });

  it('is not to be told from one that goes on while the store is away: then it is kept', async () => {
    const { upload, kept } = begin({}, 'c1', 'c2');
    speak(upload, 0, 400);
    await upload.flush();
    bench.storeIsAway = true;
    speak(upload, 400, 800);
    await upload.flush();
    expect(await namesOf()).toEqual(['000000000-000000400.wav', '000000400-000000800.wav']);
    // Of one that is not known nobody knows when it began.
    speak(upload, 800, 1200, 'c2');
    const flushed = upload.flush();
    await bench.clock.advance(50_000);
    expect(kept.ids).toEqual(['c1', 'c1']);
    bench.storeIsAway = false;
    await bench.clock.advance(30_000);
    await flushed;
    expect(await namesOf('c2')).toEqual(['000000800-000001200.wav']);
    upload.close();
  });
});

describe('audio that comes twice', () => {
  it('lies there twice, and never takes the place of what is longer', async () => {
    const { upload } = begin({}, 'c1');
    speak(upload, 0, 800);
    await upload.flush();
    upload.close();
    const again = bench.open();
    speak(again, 0, 400);
    await again.flush();
    speak(again, 400, 2000, 'c1', 130);
    await again.flush();
    expect(await namesOf()).toEqual(['000000000-000000400.wav', '000000000-000000800.wav', '000000400-000002000.wav']);
    again.close();
  });
});
