import { describe, expect, it } from '@jest/globals';
import type { Listened, Segment } from '../../services/conversations/conversation-record.js';
import { planSample } from './sample-plan.js';

type Said = readonly [id: string, start: number, end: number, changes?: Partial<Segment>];

function heard(channels: 1 | 2, ...said: Said[]): Listened {
  const segments = said.map(([id, start, end, changes]): Segment => {
    const known = { id, start, end, text: '', stt_provider: 'scripted', speaker: 'SPEAKER_01' };
    return { ...known, speaker_id: 1, is_user: false, person_id: null, ...changes };
  });
  const known = { owner: 's', language: 'en', source: null, consent: 'unknown' as const, gaps: [], people: {} };
  return { ...known, channels, segments };
}

const ann = { person_id: 'ann' };
const other = { speaker_id: 2 };
const plan = (listened: Listened, leastMs = 8000) =>
  planSample(listened, { segmentIds: ['a'], personId: 'ann', leastMs });
const seconds = (listened: Listened, leastMs?: number): number[][] => {
  const found = plan(listened, leastMs);
  if (!found || 'problem' in found) throw new Error(found?.problem ?? 'nothing');
  return found.stretches.map(({ fromMs, toMs }) => [fromMs / 1000, toMs / 1000]);
};

describe('where a voice is learned', () => {
  it('is what was named, if that is enough', () => {
    expect(seconds(heard(2, ['x', 0, 20], ['a', 20, 30, ann], ['y', 30, 50]))).toEqual([[20, 30]]);
  });

  it('goes on to what is nearest, before or after, until it is enough', () => {
    const said = heard(2, ['w', 0, 10], ['x', 10, 14], ['a', 20, 24, ann], ['y', 25, 29], ['z', 40, 60]);
    expect(seconds(said)).toEqual([
      [10, 14],
      [20, 24],
      [25, 29],
    ]);
  });

  it('is nothing that others have said, or somebody else is named for', () => {
    const said = heard(
      2,
      ['x', 0, 20, { person_id: 'ben' }],
      ['a', 20, 26, ann],
      ['y', 26, 40, { speaker_id: 0, is_user: true }],
      ['z', 50, 54],
    );
    expect(seconds(said)).toEqual([
      [20, 26],
      [50, 54],
    ]);
  });

  it('is cut where others speak on the same leg, and not where they have their own', () => {
    const said = [
      ['a', 0, 12, ann],
      ['x', 3, 4, other],
      ['y', 3.5, 4.5, other],
      ['z', 11.8, 20, other],
    ] as const satisfies Said[];
    expect(seconds(heard(1, ...said))).toEqual([
      [0, 3],
      [4.5, 11.8],
    ]);
    expect(seconds(heard(2, ...said))).toEqual([[0, 12]]);
  });

  it('is half a minute at most', () => {
    expect(seconds(heard(2, ['a', 5, 300, ann]), 30_000)).toEqual([[5, 35]]);
  });

  it('is what has the words of what was named, when that was joined to it', () => {
    expect(seconds(heard(2, ['x', 0, 20], ['b', 20, 40, ann]))).toEqual([[20, 40]]);
  });

  it('is nowhere when it was somebody else after all', () => {
    expect(plan(heard(2, ['a', 0, 20, { person_id: 'ben' }], ['x', 20, 40]))).toBeUndefined();
  });

  it.each<[string, Listened, string]>([
    ['there are 7000 ms of it, 8000 are needed', heard(2, ['a', 0, 3, ann], ['x', 4, 8]), 'while_it_goes_on'],
    ['several speak at the same time', heard(1, ['a', 0, 20, ann], ['x', 0, 9, other]), 'never'],
    ['the recogniser does not tell voices apart', heard(1, ['a', 0, 20, { ...ann, speaker_id: 0 }]), 'never'],
    ['the name is not in the store yet', heard(2, ['a', 0, 20], ['x', 20, 40]), 'when_it_is_stored'],
    ['the name is not in the store yet', heard(2), 'when_it_is_stored'],
  ])('is nowhere when %s', (problem, said, mayChange) => {
    expect(plan(said)).toEqual({ problem, mayChange });
  });
});
