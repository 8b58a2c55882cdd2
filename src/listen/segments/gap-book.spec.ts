import { describe, expect, it } from '@jest/globals';
import { GapBook, type NotedGap } from './gap-book.js';

const gap = (fromMs: number, toMs: number, more: Partial<NotedGap> = {}): NotedGap => ({
  source: 'mic',
  of: 'transcript',
  reason: 'stt_failed',
  fromMs,
  toMs,
  ...more,
});

describe('GapBook', () => {
  it('makes one gap of what follows on one another, leg by leg', () => {
    const book = new GapBook();
    for (let at = 0; at < 1000; at += 20) {
      book.note(gap(at, at + 20));
      book.note(gap(at, at + 20, { source: 'system' }));
    }
    book.note(gap(5000, 5500));
    expect(book.list(0)).toEqual([
      { start: 0, end: 1, of: 'transcript', reason: 'stt_failed' },
      { start: 0, end: 1, of: 'transcript', reason: 'stt_failed' },
      { start: 5, end: 5.5, of: 'transcript', reason: 'stt_failed' },
    ]);
  });

  it('tells each stretch once', () => {
    const book = new GapBook();
    book.note(gap(0, 100));
    book.note(gap(100, 200));
    expect(book.news()).toEqual([gap(0, 200)]);
    book.note(gap(200, 300));
    expect(book.news()).toEqual([gap(200, 300)]);
    expect(book.news()).toEqual([]);
    expect(book.list(0)).toHaveLength(1);
  });

  it('holds no more than a thousand, and still none is left out', () => {
    const book = new GapBook();
    for (let index = 0; index < 3000; index++) book.note(gap(index * 1000, index * 1000 + 100));
    const gaps = book.list(0);
    expect(gaps.length).toBe(1000);
    expect(gaps.at(-1)!.end).toBe(2999.1);
  });
});
