import { describe, expect, it } from '@jest/globals';
import { AudioRing } from './audio-ring.js';

const RATE = 1000;
/** A sample for each ms: its time. */
const from = (atMs: number, toMs: number): Int16Array => Int16Array.from({ length: toMs - atMs }, (_, i) => atMs + i);

describe('the audio of the last while', () => {
  it('is there with its times, and what is older is not', () => {
    const ring = new AudioRing(RATE, 100);
    for (let ms = 0; ms < 250; ms += 7) ring.write(from(ms, ms + 7), ms);
    expect(ring.within(0, 1000)).toEqual({ fromMs: 152, toMs: 252 });
    expect(ring.within(0, 152)).toBeUndefined();
    expect([...ring.read(160, 230)]).toEqual([...from(160, 230)]);
    expect([...ring.read(0, 1000)]).toEqual([...from(152, 252)]);
  });

  it('is silent where nothing came, also over more than it holds', () => {
    const ring = new AudioRing(RATE, 100);
    ring.write(from(1, 60), 1);
    ring.write(from(80, 90), 80);
    expect([...ring.read(50, 90)]).toEqual([...from(50, 60), ...new Int16Array(20), ...from(80, 90)]);
    ring.write(from(500, 510), 500);
    expect([...ring.read(410, 510)]).toEqual([...new Int16Array(90), ...from(500, 510)]);
  });

  it('may begin late, come in long pieces, and in part twice', () => {
    const ring = new AudioRing(RATE, 100);
    expect(ring.within(0, 10)).toBeUndefined();
    ring.write(from(300, 330), 300);
    expect(ring.within(0, 400)).toEqual({ fromMs: 300, toMs: 330 });
    ring.write(from(310, 560), 310);
    ring.write(from(320, 350), 320);
    expect(ring.within(0, 1000)).toEqual({ fromMs: 460, toMs: 560 });
    expect([...ring.read(460, 560)]).toEqual([...from(460, 560)]);
  });
});
