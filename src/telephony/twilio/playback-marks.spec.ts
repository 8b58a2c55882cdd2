import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { type Playback, PlaybackMarks } from './playback-marks.js';

let clock: ManualClock;
let marks: PlaybackMarks;
/** What the marks have told, as `gen_1 220`. */
let told: string[];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  marks = new PlaybackMarks(clock, ({ generationId, playedMs }: Playback) => told.push(`${generationId} ${playedMs}`));
});

/** Sends frames of 20 ms, all at once; returns the names of the marks in between. */
function send(durationMs: number): string[] {
  const names: string[] = [];
  for (let sentMs = 0; sentMs < durationMs; sentMs += 20) {
    const name = marks.sent(20);
    if (name !== undefined) names.push(name);
  }
  return names;
}

describe('marks', () => {
  it('follow the first frame, each 200 ms, and the end of a message', () => {
    marks.begin('gen_1');
    expect(send(700)).toEqual(['gen_1:20:0', 'gen_1:220:0', 'gen_1:420:0', 'gen_1:620:0']);
    expect(marks.finished()).toBe('gen_1:700:0');
    expect(marks.finished()).toBeUndefined();
    marks.stop();
  });

  it('count on over the messages of a generation, and start again with the next one', () => {
    marks.begin('gen_1');
    send(100);
    marks.finished();
    marks.begin('gen_1');
    expect(send(300)).toEqual(['gen_1:300:0']);
    expect(marks.finished()).toBe('gen_1:400:0');
    marks.begin('gen_2');
    expect(send(40)).toEqual(['gen_2:20:0']);
    marks.stop();
  });

  it('go on from what was heard after a clear, and count the clears', () => {
    marks.begin('gen_1');
    send(1000);
    marks.cleared('gen_1', 640);
    marks.begin('gen_1');
    expect(send(220)).toEqual(['gen_1:660:1', 'gen_1:860:1']);
    marks.stop();
  });

  it('that come back tell what was played, but not those that a clear dropped, nor those of somebody else', () => {
    marks.begin('gen_1');
    send(300);
    marks.cameBack('gen_1:20:0');
    marks.cleared('gen_1', 100);
    marks.cameBack('gen_1:220:0');
    for (const name of ['', 'bye', 'gen_1:x:1', 'gen_1:1:1:1', 'gen_1::1', ':1:1', `gen_1:${'9'.repeat(30)}:1`])
      marks.cameBack(name);
    send(20);
    marks.cameBack('gen_1:120:1');
    expect(told).toEqual(['gen_1 20', 'gen_1 120']);
    marks.stop();
  });
});

describe('a player that does not go on', () => {
  /** One generation was played in time, and the first frames of the next one. */
  async function stalled(): Promise<void> {
    marks.begin('gen_1');
    send(20);
    marks.cameBack('gen_1:20:0');
    marks.begin('gen_2');
    send(1000);
    await clock.advance(20);
    marks.cameBack('gen_2:20:0');
    told = [];
  }

  it('is taken to be at the mark that it does not send back', async () => {
    await stalled();
    await clock.advance(200);
    expect(told).toEqual([]);
    await clock.advance(300);
    expect(told.length).toBeGreaterThan(1);
    expect(new Set(told)).toEqual(new Set(['gen_2 220']));
    marks.stop();
    expect(clock.pending).toBe(0);
  });

  it('has heard nothing of an answer while it still plays the one before', async () => {
    marks.begin('gen_1');
    send(220);
    marks.cameBack('gen_1:20:0');
    marks.begin('gen_2');
    send(400);
    await clock.advance(300);
    expect(told.at(-1)).toBe('gen_2 0');
    marks.cameBack('gen_1:220:0');
    await clock.advance(20);
    marks.cameBack('gen_2:20:0');
    await clock.advance(100);
    expect(told.slice(-2)).toEqual(['gen_1 220', 'gen_2 20']);
    marks.stop();
  });

  it('is not believed for more than five seconds: then the clock counts again', async () => {
    await stalled();
    await clock.advance(4900);
    expect(told.at(-1)).toBe('gen_2 220');
    await clock.advance(300);
    expect(told.at(-1)).toMatch(/^gen_2 5\d\d\d$/);
    expect(clock.pending).toBe(0);
    const before = told.length;
    send(400);
    await clock.advance(6000);
    expect(told).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });

  it('is not spoken of before any mark has come back', async () => {
    marks.begin('gen_1');
    for (let second = 0; second < 20; second++) {
      send(1000);
      await clock.advance(1000);
    }
    expect(told).toEqual([]);
    marks.stop();
  });
});
