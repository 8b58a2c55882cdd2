import { describe, expect, it } from '@jest/globals';
import { parseCoreList } from './pinning.ts';

describe('core list', () => {
  it.each([
    [' 0,1\n', [0, 1]],
    ['0-3', [0, 1, 2, 3]],
    ['4-5,8', [4, 5, 8]],
    ['', []],
  ])('%j', (list, cores) => {
    expect(parseCoreList(list)).toEqual(cores);
  });
});
