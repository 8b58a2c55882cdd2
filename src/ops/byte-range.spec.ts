import { describe, expect, it } from '@jest/globals';
import { rangeIn } from './byte-range.js';

describe('what of 100 bytes is asked for', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 10 }],
    ['bytes=90-', { start: 90, end: 100 }],
    ['bytes=0-1000', { start: 0, end: 100 }],
    ['bytes=-10', { start: 90, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=99-99', { start: 99, end: 100 }],
    ['bytes=100-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=9-0', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=-', undefined],
    ['items=0-9', undefined],
    ['bytes=a-b', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(rangeIn(header, 100)).toEqual(expected);
  });
});
