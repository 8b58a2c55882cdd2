import { describe, expect, it } from '@jest/globals';
import type { Segment } from '../../services/conversations/conversation-record.js';
import { decodeToPusher } from './frames.js';
import { type SegmentsBatch, UnsentSegments } from './unsent-segments.js';

const segment = (id: string, text = id): Segment => ({
  id,
  text,
  speaker: 'SPEAKER_00',
  speaker_id: 0,
  is_user: false,
  person_id: null,
  start: 0,
  end: 1,
  stt_provider: 'scripted',
});

function setUp(capacity = 1000) {
  let dropped = 0;
  const unsent = new UnsentSegments(capacity, (count) => (dropped += count));
  const textsOf = (batch: SegmentsBatch | undefined): [string, string[]] | undefined => {
    if (!batch) return undefined;
    const frame = decodeToPusher(batch.frame, 1);
    if (frame.type !== 'segments') throw new Error(frame.type);
    return [frame.conversationId, frame.segments.map(({ text }) => text)];
  };
  return { unsent, textsOf, dropped: () => dropped };
}

describe('segments that are not sent', () => {
  it('are sent in their latest state, those of one conversation together', () => {
    const { unsent, textsOf } = setUp();
    unsent.put('a', [segment('1'), segment('2')]);
    unsent.put('b', [segment('1', 'one of b')]);
    unsent.put('a', [segment('1', 'one, corrected')]);
    expect(textsOf(unsent.take(60_000))).toEqual(['a', ['2']]);
    expect(textsOf(unsent.take(60_000))).toEqual(['b', ['one of b']]);
    expect(textsOf(unsent.take(60_000))).toEqual(['a', ['one, corrected']]);
    expect(unsent.take(60_000)).toBeUndefined();
  });

  it('are kept until they were taken, and sent again when the connection was lost before', () => {
    const { unsent, textsOf } = setUp();
    unsent.put('a', [segment('1')]);
    unsent.take(60_000)!.accepted();
    expect(unsent.size).toBe(0);
    unsent.put('a', [segment('2'), segment('3')]);
    const lost = unsent.take(60_000);
    unsent.rewind();
    expect(textsOf(unsent.take(60_000))).toEqual(textsOf(lost));
  });

  it('that changed on their way are sent again', () => {
    const { unsent, textsOf } = setUp();
    unsent.put('a', [segment('1', 'before')]);
    const batch = unsent.take(60_000)!;
    unsent.put('a', [segment('1', 'after')]);
    batch.accepted();
    expect(textsOf(unsent.take(60_000))).toEqual(['a', ['after']]);
  });

  it('fill no frame beyond its limit; one that does by itself is dropped', () => {
    const { unsent, textsOf, dropped } = setUp();
    unsent.put('a', [segment('1', 'x'.repeat(400)), segment('2', 'y'.repeat(400)), segment('3', 'z'.repeat(2000))]);
    const first = unsent.take(1024)!;
    expect(first.frame.length).toBeLessThanOrEqual(1024);
    expect(textsOf(first)![1]).toEqual(['x'.repeat(400)]);
    expect(textsOf(unsent.take(1024))![1]).toEqual(['y'.repeat(400)]);
    expect(unsent.take(1024)).toBeUndefined();
    expect(dropped()).toBe(1);
    unsent.rewind();
    expect(unsent.size).toBe(2);
  });

  it('make room for newer ones', () => {
    const { unsent, textsOf, dropped } = setUp(2);
    unsent.put(
      'a',
      ['1', '2', '3', '4'].map((id) => segment(id)),
    );
    expect(dropped()).toBe(2);
    expect(textsOf(unsent.take(60_000))).toEqual(['a', ['3', '4']]);
  });
});
