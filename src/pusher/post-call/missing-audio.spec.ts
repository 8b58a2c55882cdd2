import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameOfPiece } from '../../services/archive/piece-name.js';
import type { ConversationGap } from '../../services/conversations/conversation-record.js';
import { missingAudio } from './missing-audio.js';

const piece = (start: number, end: number): string => nameOfPiece(start * 1000, end * 1000);
const gap = (start: number, end: number, of: ConversationGap['of'] = 'audio'): ConversationGap => ({
  start,
  end,
  of,
  reason: 'x',
});

describe('audio of which nobody has said that it is missing', () => {
  it('is what neither is archived nor announced', () => {
    const pieces = [piece(0, 10), piece(5, 12), piece(20, 25), 'voice-print.json'];
    expect(missingAudio(pieces, [gap(14, 20), gap(0, 30, 'transcript')], 30)).toEqual([
      { start: 12, end: 14, of: 'recording', reason: 'not_archived' },
      { start: 25, end: 30, of: 'recording', reason: 'not_archived' },
    ]);
  });

  it('is none where all is there, or nearly', () => {
    expect(missingAudio([piece(0.1, 9.9)], [], 10)).toEqual([]);
  });

  it('and what is there make the whole', () => {
    const spans = fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 20 })), { maxLength: 10 });
    fc.assert(
      fc.property(spans, spans, fc.nat(120), (archived, announced, endS) => {
        const pieces = archived.map(([start, length]) => piece(start, start + length));
        const known = announced.map(([start, length]) => gap(start, start + length));
        const found = missingAudio(pieces, known, endS);
        // A second later nothing is missing any more.
        expect(missingAudio(pieces, [...known, ...found], endS)).toEqual([]);
        for (const { start, end } of found)
          for (const [at, length] of [...archived, ...announced]) expect(at + length <= start || at >= end).toBe(true);
      }),
    );
  });
});
