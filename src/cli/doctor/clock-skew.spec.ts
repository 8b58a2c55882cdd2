import { describe, expect, it } from '@jest/globals';
import { skewFindings } from './clock-skew.js';
import { maskedWords } from './finding.js';

describe('another clock', () => {
  it.each([
    ['a little ahead', 2500, []],
    ['some seconds ahead', 8000, [{ verdict: 'warning', says: 'our clock is 8 s behind that of Redis' }]],
    ['a minute behind', -60_000, [{ verdict: 'problem', says: 'our clock is 60 s ahead of that of Redis' }]],
  ])('that is %s', (_, aheadMs, findings) => {
    const found = skewFindings('Redis', 1_000_000 + aheadMs, 1_000_000);
    const unmasked = found.map((finding) => ({ ...finding, says: maskedWords(finding.says, (text) => text) }));
    expect(unmasked).toMatchObject(findings);
  });
});
