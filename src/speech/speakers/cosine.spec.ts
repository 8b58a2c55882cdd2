import { describe, expect, it } from '@jest/globals';
import { cosineDistance, middleOf } from './cosine.js';

const v = (...values: number[]): Float32Array => Float32Array.from(values);

describe('the distance of two embeddings', () => {
  it.each([
    ['the same direction', v(1, 2), v(10, 20), 0],
    ['nothing in common', v(1, 0), v(0, 3), 1],
    ['opposite directions', v(1, 1), v(-2, -2), 2],
    ['of different models', v(1, 0), v(1, 0, 0), 2],
    ['no direction', v(0, 0), v(1, 0), 2],
    ['no numbers', v(NaN, 1), v(1, 0), 2],
  ])('%s', (_, one, other, distance) => {
    expect(cosineDistance(one, other)).toBeCloseTo(distance, 6);
  });
});

describe('the middle of embeddings', () => {
  it('takes them alike, however long they are', () => {
    const middle = middleOf([v(100, 0), v(0, 1)]);
    expect(cosineDistance(middle, v(1, 1))).toBeCloseTo(0, 6);
  });
});
