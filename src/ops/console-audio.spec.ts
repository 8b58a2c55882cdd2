import { describe, expect, it } from '@jest/globals';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../audio/g711.js';

type Samples = Float32Array;

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The page's scripts are plain JavaScript: what is tested of them here, without a browser. */
interface ConsoleModules {
  codec: {
    decode: (encoding: string, bytes: ArrayBuffer) => Int16Array;
    encode: (encoding: string, pcm: Int16Array) => ArrayBuffer;
  };
  resampler: { Resampler: new (from: number, to: number) => { process(samples: Samples): Samples } };
  'playback-buffer': {
    PlaybackBuffer: new (
      capacity: number,
      prefill: number,
    ) => {
      readonly stream: number;
      readonly playedSamples: number;
      readonly overflow: number;
      push(stream: number, samples: Samples): void;
      flush(): void;
      clear(): void;
      pull(out: Samples): void;
    };
  };
  'audio-route': {
    AudioRoute: new () => {
      readonly open: { readonly number: number } | undefined;
      apply(event: Event): string | undefined;
      position(stream: number, playedMs: number): { generation_id: string; played_ms: number } | undefined;
    };
  };
}

async function load<K extends keyof ConsoleModules>(name: K): Promise<ConsoleModules[K]> {
  return (await import(new URL(`./console/${name}.js`, import.meta.url).href)) as ConsoleModules[K];
}

const ramp = (length: number, from = 1): Samples => Float32Array.from({ length }, (_, i) => from + i);

describe('codec', () => {
  const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
  const everyCode = Uint8Array.from({ length: 256 }, (_, i) => i);

  it.each([
    ['mulaw', encodeMuLaw, decodeMuLaw],
    ['alaw', encodeALaw, decodeALaw],
  ] as const)('makes of %s what the server makes of it', async (encoding, encodeOnServer, decodeOnServer) => {
    const { encode, decode } = await load('codec');
    expect(Buffer.from(encode(encoding, everySample))).toEqual(encodeOnServer(everySample));
    expect(decode(encoding, everyCode.buffer)).toEqual(decodeOnServer(everyCode));
  });

  it('writes pcm16 with the low byte first', async () => {
    const { encode, decode } = await load('codec');
    const bytes = encode('pcm16', Int16Array.of(1, -2));
    expect([...new Uint8Array(bytes)]).toEqual([1, 0, 0xfe, 0xff]);
    expect([...decode('pcm16', bytes)]).toEqual([1, -2]);
  });
});

describe('resampler', () => {
  it.each([
    [48_000, 16_000],
    [44_100, 8000],
    [8000, 48_000],
    [16_000, 44_100],
    [24_000, 24_000],
  ])('takes %d Hz to %d Hz in pieces of any length, without a change in level', async (from, to) => {
    const { Resampler } = await load('resampler');
    const tone = Float32Array.from({ length: from / 2 }, (_, i) => Math.sin((2 * Math.PI * 1000 * i) / from));
    const resampler = new Resampler(from, to);
    const out: number[] = [];
    for (let at = 0; at < tone.length; at += 128) out.push(...resampler.process(tone.subarray(at, at + 128)));
    expect(out).toHaveLength(to / 2);
    const middle = out.slice(to / 10);
    const power = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length;
    expect(10 * Math.log10(2 * power)).toBeCloseTo(0, 1);
  });

  it('lets nothing through that the lower rate cannot carry', async () => {
    const { Resampler } = await load('resampler');
    const tone = Float32Array.from({ length: 48_000 }, (_, i) => Math.sin((2 * Math.PI * 6000 * i) / 48_000));
    const out = new Resampler(48_000, 8000).process(tone).subarray(800);
    expect(Math.max(...out)).toBeLessThan(0.003);
  });
});

describe('playback buffer', () => {
  it('waits until there is enough, and gives silence when there is nothing', async () => {
    const { PlaybackBuffer } = await load('playback-buffer');
    const buffer = new PlaybackBuffer(100, 4);
    const out = new Float32Array(4);
    buffer.push(1, ramp(3));
    buffer.pull(out);
    expect([...out]).toEqual([0, 0, 0, 0]);
    buffer.push(1, ramp(3, 4));
    buffer.pull(out);
    expect([...out]).toEqual([1, 2, 3, 4]);
    buffer.pull(out);
    expect([...out]).toEqual([5, 6, 0, 0]);
    expect(buffer.playedSamples).toBe(6);
  });

  it('plays a short end when told that no more will come', async () => {
    const { PlaybackBuffer } = await load('playback-buffer');
    const buffer = new PlaybackBuffer(100, 50);
    const out = new Float32Array(4);
    buffer.push(1, ramp(2));
    buffer.flush();
    buffer.pull(out);
    expect([...out]).toEqual([1, 2, 0, 0]);
  });

  it('counts each stream for itself, across the end of the ring', async () => {
    const { PlaybackBuffer } = await load('playback-buffer');
    const buffer = new PlaybackBuffer(8, 1);
    const out = new Float32Array(5);
    buffer.push(1, ramp(6));
    buffer.pull(out);
    buffer.push(2, ramp(7, 10));
    buffer.pull(out);
    expect([...out]).toEqual([6, 10, 11, 12, 13]);
    expect([buffer.stream, buffer.playedSamples]).toEqual([2, 4]);
    buffer.push(2, ramp(20));
    expect(buffer.overflow).toBe(15);
  });

  it('fades out within 128 samples of a clear, and counts nothing of it', async () => {
    const { PlaybackBuffer } = await load('playback-buffer');
    const buffer = new PlaybackBuffer(10_000, 1);
    const out = new Float32Array(128);
    buffer.push(1, new Float32Array(5000).fill(1));
    buffer.pull(out);
    buffer.clear();
    buffer.pull(out);
    expect(out[0]).toBeCloseTo(1, 1);
    expect(out[127]).toBeCloseTo(0, 1);
    buffer.pull(out);
    expect(Math.max(...out)).toBe(0);
    expect(buffer.playedSamples).toBe(128);
  });

  it('has nothing to fade out when nothing was playing', async () => {
    const { PlaybackBuffer } = await load('playback-buffer');
    const buffer = new PlaybackBuffer(10_000, 1000);
    const out = new Float32Array(128);
    buffer.push(1, ramp(500));
    buffer.clear();
    buffer.push(2, ramp(1000));
    buffer.pull(out);
    expect(out[0]).toBe(1);
    expect([buffer.stream, buffer.playedSamples]).toEqual([2, 128]);
  });
});

describe('audio route', () => {
  const start = (id: string): Event => ({ type: 'audio_stream_start', generation_id: id });
  const stop = (id: string): Event => ({ type: 'audio_stream_stop', generation_id: id });
  const clear = (id: string, heard_ms: number): Event => ({ type: 'audio_clear', generation_id: id, heard_ms });
  const complete = (id: string, outcome: string): Event => ({
    type: 'generation_complete',
    generation_id: id,
    outcome,
  });

  it('drops frames that come after a clear', async () => {
    const { AudioRoute } = await load('audio-route');
    const route = new AudioRoute();
    route.apply(start('gen_1'));
    expect(route.open?.number).toBe(1);
    expect(route.apply(clear('gen_1', 700))).toBe('clear');
    expect(route.open).toBeUndefined();
    expect(route.position(1, 900)).toBeUndefined();
  });

  it('goes on after a false barge-in from where the caller stopped hearing', async () => {
    const { AudioRoute } = await load('audio-route');
    const route = new AudioRoute();
    for (const event of [start('gen_1'), clear('gen_1', 700), start('gen_1')]) route.apply(event);
    expect(route.open?.number).toBe(2);
    expect(route.position(2, 100)).toEqual({ generation_id: 'gen_1', played_ms: 800 });
    expect(route.position(1, 900)).toBeUndefined();
  });

  it('never plays a generation again that is complete', async () => {
    const { AudioRoute } = await load('audio-route');
    const route = new AudioRoute();
    for (const event of [start('gen_1'), clear('gen_1', 700), complete('gen_1', 'interrupted')]) route.apply(event);
    route.apply(start('gen_1'));
    expect(route.open).toBeUndefined();
  });

  it('counts on from message to message of a generation', async () => {
    const { AudioRoute } = await load('audio-route');
    const route = new AudioRoute();
    route.apply(start('gen_1'));
    expect(route.apply(stop('gen_1'))).toBe('flush');
    expect(route.open).toBeUndefined();
    route.apply(start('gen_1'));
    expect(route.open?.number).toBe(1);
  });

  it('leaves the next answer alone when a clear of the last one comes late', async () => {
    const { AudioRoute } = await load('audio-route');
    const route = new AudioRoute();
    for (const event of [start('gen_1'), stop('gen_1'), complete('gen_1', 'completed'), start('gen_2')])
      route.apply(event);
    expect(route.apply(clear('gen_1', 100))).toBeUndefined();
    expect(route.open?.number).toBe(2);
  });
});
