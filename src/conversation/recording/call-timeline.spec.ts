import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { CallTimeline } from './call-timeline.js';

const FRAME = 160;
const PER_MS = 8;

class Line {
  readonly clock = new ManualClock();
  readonly timeline = new CallTimeline(this.clock, 0, 0, 8000);

  /** 20 ms of audio come now; where they begin, ms. */
  frame(): number {
    return this.timeline.place(FRAME) / PER_MS;
  }

  /** Frames that come in time. */
  async flow(frames: number): Promise<number[]> {
    const places = [];
    for (let i = 0; i < frames; i++) {
      await this.clock.advance(20);
      places.push(this.frame());
    }
    return places;
  }
}

describe('where audio of the caller belongs', () => {
  it('is where it was said, from the first frame on', async () => {
    const line = new Line();
    await line.clock.advance(500);
    expect(await line.flow(3)).toEqual([500, 520, 540]);
  });

  it('does not change if it is held up and comes all at once', async () => {
    const line = new Line();
    await line.flow(10);
    await line.clock.advance(800);
    const late = Array.from({ length: 40 }, () => line.frame());
    expect(late).toEqual(late.map((_, i) => 200 + i * 20));
    expect(await line.flow(1)).toEqual([1000]);
  });

  it('is behind what is missing for good, at once or after a second', async () => {
    const line = new Line();
    await line.flow(10);
    await line.clock.advance(5000);
    expect(await line.flow(1)).toEqual([5200]);
    await line.clock.advance(300);
    const places = await line.flow(60);
    expect([places[0], places.at(-1)]).toEqual([5220, 5220 + 300 + 59 * 20]);
  });

  it('may be ahead of the clock: then time is, too', async () => {
    const line = new Line();
    const places = Array.from({ length: 50 }, () => line.frame());
    expect(places.at(-1)).toBe(980);
    expect(line.timeline.nowMs).toBe(1000);
    expect(await line.flow(1)).toEqual([1000]);
  });
});
