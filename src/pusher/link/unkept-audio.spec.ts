import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AudioRange } from './lost-ranges.js';
import { UnkeptAudio } from './unkept-audio.js';

const START = 1_700_000_000_000;
/** Mono: 16 bytes are a millisecond. */
const FORMAT = { sampleRate: 8000, channels: 1 } as const;
const KIB_256 = 262_144;

function setUp(budgetBytes = KIB_256) {
  const lost: AudioRange[] = [];
  const audio = new UnkeptAudio(FORMAT, budgetBytes, (range) => lost.push(range));
  /** Frames of 20 ms, each sample another one. */
  const speak = (conversationId: string, fromMs: number, frames: number): void => {
    for (let frame = 0; frame < frames; frame++) {
      const at = fromMs + frame * 20;
      audio.append(
        conversationId,
        START + at,
        Int16Array.from({ length: 160 }, (_, index) => (at * 8 + index) % 30_000),
      );
    }
  };
  const sendAll = (): { conversationId: string; fromMs: number; toMs: number }[] => {
    const sent: { conversationId: string; fromMs: number; toMs: number }[] = [];
    for (let chunk = audio.next(1, 60_000); chunk; chunk = audio.next(1, 60_000)) {
      const fromMs = chunk.startMs - START;
      expect(chunk.pcm.readInt16LE(0)).toBe(Math.round(fromMs * 8) % 30_000);
      sent.push({ conversationId: chunk.conversationId, fromMs, toMs: fromMs + chunk.pcm.length / 16 });
    }
    return sent;
  };
  return { audio, lost, speak, sendAll };
}

describe('audio that is not archived yet', () => {
  it('is sent again from the first sample on that is not', () => {
    const { audio, speak, sendAll } = setUp();
    speak('a', 0, 10);
    speak('b', 200, 10);
    expect(sendAll()).toEqual([
      { conversationId: 'a', fromMs: 0, toMs: 200 },
      { conversationId: 'b', fromMs: 200, toMs: 400 },
    ]);
    audio.keep('a', START + 150);
    audio.rewind();
    expect(sendAll()).toEqual([
      { conversationId: 'a', fromMs: 150, toMs: 200 },
      { conversationId: 'b', fromMs: 200, toMs: 400 },
    ]);
    audio.keep('b', START + 400);
    audio.rewind();
    expect(sendAll()).toEqual([{ conversationId: 'a', fromMs: 150, toMs: 200 }]);
    audio.keep('a', START + 200);
    expect(audio.isEmpty).toBe(true);
    expect(audio.bytes).toBe(0);
  });

  it('waits until there is enough of it for a frame, but not behind a gap', () => {
    const { audio, speak } = setUp();
    speak('a', 0, 1);
    expect(audio.next(3200, 60_000)).toBeUndefined();
    speak('a', 30, 1);
    expect(audio.next(3200, 60_000)?.pcm.length).toBe(320);
    expect(audio.next(3200, 60_000)).toBeUndefined();
    expect(audio.next(1, 60_000)?.startMs).toBe(START + 30);
  });

  it('lies together, whatever it comes in', () => {
    const { audio, speak } = setUp();
    speak('a', 0, 500);
    // Ten seconds are 160,000 bytes: five pieces.
    expect(audio.bytes).toBe(5 * 32 * 1024);
  });

  it('makes room when there is too much of it; what was not sent is lost, in one range', () => {
    const { audio, lost, speak, sendAll } = setUp();
    speak('a', 0, 1000);
    expect(audio.bytes).toBeLessThanOrEqual(KIB_256);
    expect(lost).toEqual([]);
    audio.tellLost();
    expect(lost).toEqual([{ conversationId: 'a', fromMs: START, toMs: sendAll()[0]!.fromMs + START }]);
    expect(audio.lostMs).toBe(lost[0]!.toMs - START);
  });

  it('that was sent and made room is lost only if the connection is before it is archived', () => {
    const { audio, lost, speak, sendAll } = setUp();
    const speakAndSend = (fromMs: number): void => {
      for (let at = fromMs; at < fromMs + 20_000; at += 200) {
        speak('a', at, 10);
        sendAll();
      }
    };
    speakAndSend(0);
    expect(audio.onItsWayBytes).toBe(20_000 * 16);
    audio.keep('a', START + 20_000);
    expect(audio.onItsWayBytes).toBe(0);
    audio.rewind();
    expect(lost).toEqual([]);
    speakAndSend(20_000);
    audio.keep('a', START + 21_000);
    expect(audio.onItsWayBytes).toBe(19_000 * 16);
    audio.rewind();
    expect(lost).toEqual([{ conversationId: 'a', fromMs: START + 21_000, toMs: sendAll()[0]!.fromMs + START }]);
  });

  it('that was not sent cannot have been archived, whatever is said', () => {
    const { audio, speak, sendAll } = setUp();
    speak('a', 0, 10);
    audio.keep('a', START + 1_000_000);
    expect(sendAll()).toEqual([{ conversationId: 'a', fromMs: 0, toMs: 200 }]);
  });

  it('is all lost when there is no more time for it', () => {
    const { audio, lost, speak, sendAll } = setUp();
    speak('a', 0, 10);
    sendAll();
    audio.keep('a', START + 100);
    speak('b', 300, 10);
    audio.giveUp();
    expect(lost).toEqual([
      { conversationId: 'a', fromMs: START + 100, toMs: START + 200 },
      { conversationId: 'b', fromMs: START + 300, toMs: START + 500 },
    ]);
    expect(audio.isEmpty).toBe(true);
  });

  it('is archived, lost or still there, each millisecond of it, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('speak' as const), frames: fc.integer({ min: 1, max: 400 }), gap: fc.boolean() }),
      fc.record({ do: fc.constant('send' as const), times: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('keep' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ do: fc.constant('cut' as const) }),
      fc.record({ do: fc.constant('switch' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { audio, lost, speak } = setUp();
        const accounted = new Set<string>();
        const note = (conversationId: string, fromMs: number, toMs: number): void => {
          for (let ms = Math.round(fromMs); ms < Math.round(toMs); ms++) accounted.add(`${conversationId} ${ms}`);
        };
        let at = 0;
        let conversation = 0;
        const spoken: string[] = [];
        let sent: { conversationId: string; fromMs: number; toMs: number }[] = [];
        for (const action of steps) {
          const conversationId = `c${conversation}`;
          if (action.do === 'speak') {
            if (action.gap) at += 500;
            speak(conversationId, at, action.frames);
            for (let ms = at; ms < at + action.frames * 20; ms++) spoken.push(`${conversationId} ${START + ms}`);
            at += action.frames * 20;
          } else if (action.do === 'send') {
            for (let time = 0; time < action.times; time++) {
              const chunk = audio.next(1, 3200);
              if (!chunk) break;
              const { conversationId: of, startMs, pcm } = chunk;
              sent.push({ conversationId: of, fromMs: startMs, toMs: startMs + pcm.length / 16 });
            }
          } else if (action.do === 'keep' && sent.length > 0) {
            // The archive takes whole frames, in the order in which they came.
            const taken = sent.slice(0, Math.ceil(sent.length * action.share));
            const last = taken.at(-1);
            if (!last) continue;
            for (const { conversationId: of, fromMs, toMs } of sent.filter(
              ({ conversationId: of, toMs }) => of === last.conversationId && toMs <= last.toMs,
            ))
              note(of, fromMs, toMs);
            audio.keep(last.conversationId, last.toMs);
          } else if (action.do === 'cut') {
            audio.rewind();
            sent = [];
          } else if (action.do === 'switch') conversation++;
        }
        expect(audio.bytes).toBeLessThanOrEqual(KIB_256);
        audio.giveUp();
        for (const { conversationId, fromMs, toMs } of lost) note(conversationId, fromMs, toMs);
        expect(spoken.filter((millisecond) => !accounted.has(millisecond))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
