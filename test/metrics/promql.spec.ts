import { expect, it } from '@jest/globals';
import { namesIn } from './promql.js';

it('finds the names of series and labels in an expression', () => {
  expect(
    namesIn(
      'histogram_quantile(0.95, sum by (job, kind, le) (rate(a_bucket{x="1,}", namespace=~"a|b"}[5m]))) > 1.5 and on (job) b == 0 or sum(c) / 2e3 unless d offset 5m',
    ),
  ).toEqual({
    series: [
      ['a_bucket', ['x']],
      ['b', []],
      ['c', []],
      ['d', []],
    ],
    grouping: ['kind'],
  });
});
