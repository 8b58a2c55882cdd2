import { describe, expect, it } from '@jest/globals';
import { deepMerge } from './deep-merge.js';

describe('deepMerge', () => {
  it('merges maps and replaces everything else', () => {
    expect(deepMerge({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, e: 2 })).toEqual({
      a: { b: 1, c: [3] },
      d: 1,
      e: 2,
    });
  });

  it('takes keys away with null, also in maps that are new', () => {
    expect(deepMerge({ a: 1, b: { c: 1 } }, { a: null, b: { c: null }, d: { e: null } })).toEqual({ b: {}, d: {} });
  });

  it('leaves what it was given as it was', () => {
    const base = { a: { b: 1 } };
    deepMerge(base, { a: { b: 2 } });
    expect(base).toEqual({ a: { b: 1 } });
  });
});
