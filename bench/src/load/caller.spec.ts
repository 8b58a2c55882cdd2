import { describe, expect, it } from '@jest/globals';
import { Caller, type CallerScript } from './caller.ts';
import { Measurements } from './measurements.ts';

const script: CallerScript = {
  kind: 'talking',
  speechMs: 100,
  interruptAfterMs: [null],
  pauseMs: 200,
  answerMs: 400,
  answerLimitMs: 1000,
};
const interrupting: CallerScript = { ...script, interruptAfterMs: [100] };

/** A caller on a schedule of 20 ms frames, with what it says and what it is told. */
class Scene {
  readonly seen = new Measurements();
  readonly caller: Caller;
  /** The next frame is due then. */
  due = 0;

  constructor(of: CallerScript) {
    this.seen.start();
    this.caller = new Caller(of, this.seen, 0, 0);
  }

  /** Frames up to `until`, exclusive; how many of them were loud. */
  speakUntil(until: number): number {
    let loud = 0;
    for (; this.due < until; this.due += 20) if (this.caller.frameAt(this.due)) loud++;
    return loud;
  }

  hear(at: number, loud = true): void {
    this.caller.onAudio(at, 20, () => loud);
  }

  /** Audio every 20 ms in [from, to). */
  hearFrom(from: number, to: number): void {
    for (let at = from; at < to; at += 20) this.hear(at);
  }
}

describe('caller', () => {
  it('measures voice to voice from the last loud frame to the first loud one of the answer', () => {
    const scene = new Scene(script);
    expect(scene.speakUntil(160)).toBe(5);
    scene.hear(130, false);
    scene.hear(142);
    // The fifth loud frame was due at 80.
    expect([...scene.seen.voiceToVoice.toArray()]).toEqual([62]);
  });

  it('measures the gap between frames less their length, and where the phone ran dry', () => {
    const scene = new Scene(script);
    scene.speakUntil(140);
    for (const at of [140, 160, 185, 300]) scene.hear(at);
    expect([...scene.seen.gap.toArray()]).toEqual([0, 5, 95]);
    // 60 ms are buffered from 140 on: three frames play until 260, the fourth comes 40 ms later.
    expect(scene.seen.counts.starvedMs).toBe(40);
  });

  it('measures a barge-in from its first loud frame to the clear, and counts what comes after it', () => {
    const scene = new Scene(interrupting);
    scene.speakUntil(140);
    scene.hearFrom(140, 260);
    expect(scene.speakUntil(260)).toBe(1);
    scene.hear(250);
    scene.caller.onClear(263);
    scene.hear(270);
    expect([...scene.seen.bargeIn.toArray()]).toEqual([23]);
    expect(scene.seen.counts.framesStale).toBe(1);
  });

  it('does not take the old answer for the new one when the clear is late', () => {
    const scene = new Scene(interrupting);
    scene.speakUntil(140);
    scene.hearFrom(140, 240);
    scene.speakUntil(400);
    scene.hear(400);
    expect(scene.seen.voiceToVoice.toArray()).toHaveLength(1);
    scene.caller.onClear(405);
    scene.hear(410);
    expect(scene.seen.counts.uncleared).toBe(1);
    expect(scene.seen.voiceToVoice.toArray()).toHaveLength(2);
    expect([...scene.seen.bargeIn.toArray()]).toEqual([165]);
  });

  it('counts the frames that an answer lacks, and goes on after a pause', () => {
    const scene = new Scene(script);
    scene.speakUntil(140);
    scene.hearFrom(140, 340);
    scene.speakUntil(2300);
    expect(scene.seen.counts.answersInFull).toBe(1);
    expect(scene.seen.counts.framesMissing).toBe(10);
    expect(scene.seen.counts.turns).toBe(2);
  });

  it('misses nothing in an answer that came faster than it is played', () => {
    const scene = new Scene(script);
    scene.speakUntil(140);
    for (let i = 0; i < 20; i++) scene.hear(140 + i);
    expect(scene.speakUntil(720)).toBe(0);
    expect(scene.seen.counts).toMatchObject({ answersInFull: 1, framesMissing: 0, starvedMs: 0 });
  });

  it('gives up on a turn without an answer and speaks again', () => {
    const scene = new Scene(script);
    expect(scene.speakUntil(1400)).toBe(10);
    expect(scene.seen.counts.unanswered).toBe(1);
  });

  it('says nothing when it is to be silent', () => {
    expect(new Scene({ ...script, kind: 'silent' }).speakUntil(5000)).toBe(0);
  });
});
