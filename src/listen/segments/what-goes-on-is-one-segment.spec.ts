import { describe, expect, it } from '@jest/globals';
import { redaction } from '../../services/conversations/redaction.js';
import { LiveTranscript, segmentOf } from './live-transcript.js';
import type { Utterance } from './utterance.js';

const said = (text: string, startMs: number, more: Partial<Utterance> = {}): Utterance => ({
  text,
  startMs,
  endMs: startMs + 1000,
  speakerId: 1,
  isUser: false,
  personId: null,
  provider: 'one',
  ...more,
});

function texts(...utterances: Utterance[]): string[] {
  const live = new LiveTranscript((text) => text);
  live.add(utterances);
  return live.list.map(({ text }) => text);
}

const LONG = 'I have called you three times. '.repeat(5).trim();

describe('what one voice says', () => {
  it('is one segment as long as the pauses are short', () => {
    expect(texts(said('My card', 0), said('was stolen.', 3999))).toEqual(['My card was stolen.']);
    expect(texts(said('My card', 0), said('was stolen.', 4000))).toEqual(['My card', 'was stolen.']);
  });

  it('ends with a sentence once it is long, unless it goes on with a small letter', () => {
    expect(texts(said(LONG, 0), said('Please help.', 1500))).toEqual([LONG, 'Please help.']);
    expect(texts(said(LONG, 0), said('and nobody helps.', 1500))).toEqual([`${LONG} and nobody helps.`]);
    expect(texts(said(`${LONG} And`, 0), said('Please help.', 1500))).toEqual([`${LONG} And Please help.`]);
  });

  it('is not endless where nobody writes stops', () => {
    const words = Array.from({ length: 200 }, (_, index) => said(`these are five small words`, index * 1100));
    const lengths = texts(...words).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThan(640);
    expect(Math.min(...lengths)).toBeGreaterThan(400);
  });

  it('is not put together with what somebody else says, or another recogniser understood', () => {
    expect(texts(said('My card', 0), said('was stolen.', 1500, { speakerId: 2 }))).toHaveLength(2);
    expect(texts(said('My card', 0), said('was stolen.', 1500, { provider: 'other' }))).toHaveLength(2);
    expect(texts(said('I', 0, { personId: 'ann' }), said('am', 1500, { personId: 'bob' }))).toHaveLength(2);
  });

  it('is put together over labels when it is all our side', () => {
    const own = { isUser: true };
    expect(texts(said('One', 0, { ...own, speakerId: 4 }), said('moment.', 1500, own))).toEqual(['One moment.']);
  });
});

describe('a transcript', () => {
  it('divides a segment when somebody turns out to have spoken in between, and tells which is new', () => {
    const live = new LiveTranscript((text) => text);
    const [first] = live.add([said('My card', 0), said('was stolen.', 2000)]).updated;
    const { updated, removed } = live.add([said('Yes?', 1200, { speakerId: 2 })]);
    expect(updated.map(({ text }) => text)).toEqual(['My card', 'Yes?', 'was stolen.']);
    expect(updated[0]!.id).toBe(first!.id);
    expect(removed).toEqual([]);
  });

  it('tells what is gone when two segments become one', () => {
    const live = new LiveTranscript((text) => text);
    const before = live.add([said('My card', 0), said('was stolen.', 5000)]).updated;
    const { updated, removed } = live.add([said('which is blue', 2000, { endMs: 3000 })]);
    expect(updated.map(({ text }) => text)).toEqual(['My card which is blue was stolen.']);
    expect(updated[0]!.id).toBe(before[0]!.id);
    expect(removed).toEqual([before[1]!.id]);
  });

  it('shows no card number, also when it was understood in pieces', () => {
    const live = new LiveTranscript(redaction(['card']));
    live.add([said('4111 1111', 0)]);
    live.add([said('1111 1111', 1500)]);
    expect(live.list.map((segment) => segmentOf(segment, 0).text)).toEqual(['[card]']);
  });

  describe('in which a card number is said in several passages', () => {
    const other = { speakerId: 2, isUser: true };
    const shownBy = (live: LiveTranscript): string[] => live.list.map(({ shown }) => shown);

    it('shows none of it once the rest of it is said, and tells what has changed', () => {
      const live = new LiveTranscript(redaction(['card']));
      const [first] = live.add([said('My card is 4111 1111', 0)]).updated;
      expect(first!.shown).toBe('My card is 4111 1111');
      live.add([said('Okay, 4111 1111.', 1500, other)]);
      const { updated, removed } = live.add([said('and then 1111 1111, please.', 4000)]);
      expect(updated.map(({ id, shown }) => [id === first!.id, shown])).toEqual([
        [true, 'My card is [card]'],
        [false, 'and then [card], please.'],
      ]);
      expect(removed).toEqual([]);
      expect(shownBy(live)[1]).toBe('Okay, 4111 1111.');
    });

    it('also when it is said in five, and the other one speaks between all of them', () => {
      const live = new LiveTranscript(redaction(['card']));
      for (const [index, digits] of ['4111', '1111', '11 11', 'eleven', 'one one'].entries())
        live.add([said(digits, index * 5000), said('Okay.', index * 5000 + 2000, other)]);
      expect(shownBy(live)).toEqual(Array.from({ length: 5 }, () => ['[card]', 'Okay.']).flat());
    });

    it('but not after a long silence, or of two people', () => {
      const live = new LiveTranscript(redaction(['card']));
      live.add([said('4111 1111', 0), said('1111 1111', 1500, other), said('1111 1111', 32_000)]);
      expect(shownBy(live)).toEqual(['4111 1111', '1111 1111', '1111 1111']);
    });

    it('goes on with what is stored of it', () => {
      const live = new LiveTranscript(redaction(['card']));
      live.restore([{ id: 'a', ...said('4111 1111', -9000) }]);
      const { updated } = live.add([said('1111 1111', 500)]);
      expect(updated.map(({ id, shown }) => [id === 'a', shown])).toEqual([
        [true, '[card]'],
        [false, '[card]'],
      ]);
    });
  });

  it('counts seconds from the beginning of its conversation', () => {
    const live = new LiveTranscript((text) => text);
    live.add([said('Hello.', 61_234.5678, { isUser: true, personId: 'ann' })]);
    expect(segmentOf(live.list[0]!, 60_000)).toEqual({
      id: live.list[0]!.id,
      text: 'Hello.',
      speaker: 'SPEAKER_01',
      speaker_id: 1,
      is_user: true,
      person_id: 'ann',
      start: 1.235,
      end: 2.235,
      stt_provider: 'one',
    });
  });

  it('goes on with what is stored', () => {
    const live = new LiveTranscript((text) => text);
    live.restore([
      { id: 'b', ...said('was stolen.', -2000) },
      { id: 'a', ...said('Hello. ', -9000) },
    ]);
    const { updated, removed } = live.add([said('Yesterday.', 500)]);
    expect(updated.map(({ id, text }) => [id, text])).toEqual([['b', 'was stolen. Yesterday.']]);
    expect(removed).toEqual([]);
    expect(live.list.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('knows people by the segments that are named', () => {
    const live = new LiveTranscript((text) => text);
    const [one] = live.add([said('Hello.', 0), said('Bye.', 60_000)]).updated;
    const changed = live.identify(new Set([one!.id, 'nonsense']), { personId: 'ann', isUser: true });
    expect(changed).toHaveLength(1);
    expect(live.list.map(({ personId, isUser }) => [personId, isUser])).toEqual([
      ['ann', true],
      [null, false],
    ]);
  });
});
