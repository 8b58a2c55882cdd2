import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { type AudioSource, type DroppedAudio, SourceQueues, sourceCapacity } from './source-queues.js';

const FRAME_MS = 20;
const SAMPLES = 160;

class Session {
  readonly admitted: Record<AudioSource, boolean> = { mic: true, system: true };
  readonly queues: SourceQueues;
  closed = 0;

  constructor(sources: readonly AudioSource[] = ['mic', 'system'], clock = new ManualClock()) {
    this.queues = new SourceQueues({
      sources,
      sampleRate: 8000,
      clock,
      admits: (source) => this.admitted[source],
      onClose: () => this.closed++,
    });
  }

  push(source: AudioSource, value = 0): DroppedAudio | undefined {
    return this.queues.push(source, new Int16Array(SAMPLES).fill(value));
  }

  drain(source: AudioSource): number {
    let frames = 0;
    while (this.queues.take(source)) frames++;
    return frames;
  }
}

describe('source queues', () => {
  it.each([
    ['mic', 100],
    ['system', 50],
  ] as const)('return to depth 0 after 300 frames of %s, of which the newest %d are kept', (source, kept) => {
    const session = new Session();
    for (let i = 0; i < 300; i++) session.push(source, i);
    const dropped = { queue_full: 300 - kept, overload: 0 };
    expect(session.queues.counts(source)).toMatchObject({ received: 300, depth: kept, dropped });
    expect(session.queues.take(source)).toMatchObject({ gap: { fromMs: 0, toMs: (300 - kept) * FRAME_MS } });
    expect(session.drain(source)).toBe(kept - 1);
    expect(session.queues.counts(source)).toMatchObject({ taken: kept, depth: 0, dropped });
  });

  it('keep the sources apart', () => {
    const session = new Session();
    session.push('mic', 1);
    session.push('system', 2);
    expect(session.queues.take('system')?.pcm[0]).toBe(2);
    expect(session.queues.take('system')).toBeUndefined();
    expect(session.queues.take('mic')?.pcm[0]).toBe(1);
  });

  it('know no other sources than those of the session', () => {
    const { queues } = new Session(['mic']);
    expect(() => queues.push('system', new Int16Array(SAMPLES))).toThrow(
      new RangeError('Unknown audio source "system": this session has mic'),
    );
    expect(() => queues.push('speaker' as AudioSource, new Int16Array(SAMPLES))).toThrow('"speaker"');
    expect(() => queues.take('system')).toThrow('"system"');
  });

  it('say why audio is lost, and where', () => {
    const session = new Session();
    session.push('system');
    session.admitted.system = false;
    expect(session.push('system')).toEqual({ source: 'system', reason: 'overload', fromMs: 20, toMs: 40 });
    expect(session.push('mic')).toBeUndefined();
    session.admitted.system = true;
    session.push('system');
    expect(session.queues.take('system')).toMatchObject({ gap: undefined });
    expect(session.queues.take('system')).toMatchObject({ startMs: 40, gap: { fromMs: 20, toMs: 40 } });
    for (let i = 0; i < 51; i++) session.push('system');
    expect(session.push('system')).toEqual({ source: 'system', reason: 'queue_full', fromMs: 80, toMs: 100 });
  });

  it('are empty and take nothing more once the session is over', () => {
    const session = new Session();
    for (let i = 0; i < 7; i++) session.push('mic');
    session.queues.close();
    session.queues.close();
    expect(session.push('mic')).toBeUndefined();
    expect(session.queues.counts('mic')).toEqual({
      received: 7,
      taken: 0,
      depth: 0,
      dropped: { queue_full: 0, overload: 0 },
      closed: 7,
    });
    expect(session.closed).toBe(1);
  });

  it('account for every frame, in order and within bounds, whatever happens in which order', () => {
    const source = fc.constantFrom<AudioSource>('mic', 'system');
    const call = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), source, frames: fc.nat(40) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), source, frames: fc.nat(40) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('admit' as const), source, admitted: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), fc.boolean(), (calls, hangsUp) => {
        const session = new Session();
        const pushed = { mic: 0, system: 0 };
        /** Where the consumer of the source is, in ms of its audio. */
        const position = { mic: 0, system: 0 };
        const dropped: Record<AudioSource, Set<number>> = { mic: new Set(), system: new Set() };
        const push = (from: AudioSource): void => {
          const lost = session.push(from, pushed[from]++);
          if (lost) dropped[from].add(lost.fromMs / FRAME_MS);
        };
        const take = (from: AudioSource): void => {
          const taken = session.queues.take(from);
          if (!taken) return;
          const { startMs, gap, pcm } = taken;
          if (gap) expect(gap.fromMs).toBe(position[from]);
          for (let at = position[from]; at < startMs; at += FRAME_MS) expect(dropped[from]).toContain(at / FRAME_MS);
          expect(gap?.toMs ?? position[from]).toBe(startMs);
          expect(pcm[0]).toBe(startMs / FRAME_MS);
          expect(dropped[from]).not.toContain(startMs / FRAME_MS);
          position[from] = startMs + FRAME_MS;
        };
        const check = (from: AudioSource): void => {
          const { received, taken, depth, dropped: lost, closed } = session.queues.counts(from);
          expect(received).toBe(taken + depth + lost.queue_full + lost.overload + closed);
          expect(lost.queue_full + lost.overload).toBe(dropped[from].size);
          expect(received).toBe(pushed[from]);
          expect(depth).toBeLessThanOrEqual(sourceCapacity[from]);
        };
        for (const step of calls) {
          if (step.kind === 'admit') session.admitted[step.source] = step.admitted;
          else for (let i = 0; i < step.frames; i++) (step.kind === 'push' ? push : take)(step.source);
          check('mic');
          check('system');
        }
        if (hangsUp) session.queues.close();
        for (const from of ['mic', 'system'] as const) {
          while (session.queues.counts(from).depth > 0) take(from);
          check(from);
        }
      }),
    );
  });
});
