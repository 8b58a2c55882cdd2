import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GenerationTracker } from './generation-tracker.js';

function setUp() {
  const completed: [string, string][] = [];
  const tracker = new GenerationTracker((id, outcome) => completed.push([id, outcome]));
  return { tracker, completed };
}

describe('GenerationTracker', () => {
  it('goes through its states and completes when every sentence has been heard', () => {
    const { tracker, completed } = setUp();
    expect(tracker.state).toBe('IDLE');
    const id = tracker.begin();
    expect(id).toBe('gen_1');
    expect(tracker.state).toBe('PROCESSING_LLM');
    tracker.sentenceSynthesised(id, 0);
    tracker.llmDone(id, 2);
    expect(tracker.state).toBe('PROCESSING_TTS');
    tracker.sentenceSynthesised(id, 1);
    expect(tracker.state).toBe('STREAMING');
    tracker.sentencePlayed(id, 0);
    expect(completed).toEqual([]);
    tracker.sentencePlayed(id, 1);
    expect(tracker.state).toBe('COMPLETE');
    expect(completed).toEqual([['gen_1', 'completed']]);
  });

  it('completes an answer without sentences as soon as the model is done', () => {
    const { tracker, completed } = setUp();
    tracker.llmDone(tracker.begin(), 0);
    expect(completed).toEqual([['gen_1', 'completed']]);
  });

  it('counts a sentence that cannot be spoken as done', () => {
    const { tracker, completed } = setUp();
    const id = tracker.begin();
    tracker.llmDone(id, 2);
    tracker.sentenceFailed(id, 0, 'no voice');
    tracker.sentencePlayed(id, 1);
    expect(completed).toEqual([[id, 'completed']]);
  });

  it('has failed when nothing of it could be spoken', () => {
    const { tracker, completed } = setUp();
    const id = tracker.begin();
    tracker.sentenceFailed(id, 0, 'no voice');
    tracker.llmDone(id, 1);
    expect(completed).toEqual([[id, 'failed']]);
  });

  it('does not begin another one before the last has ended', () => {
    const { tracker } = setUp();
    const id = tracker.begin();
    expect(() => tracker.begin()).toThrow('gen_1 is still running');
    tracker.end(id, 'interrupted');
    expect(tracker.begin()).toBe('gen_2');
  });

  it('ignores everything about a generation that is over', () => {
    const { tracker, completed } = setUp();
    const first = tracker.begin();
    tracker.end(first, 'interrupted');
    const second = tracker.begin();
    tracker.llmDone(first, 0);
    tracker.sentencePlayed(first, 0);
    tracker.end(first, 'failed');
    expect(tracker.isCurrent(second)).toBe(true);
    expect(completed).toEqual([[first, 'interrupted']]);
  });

  type Step = { kind: 'llm' | 'made' | 'played' | 'broke' | 'cut' | 'died'; sentence: number; stale: boolean };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
      kind: fc.constantFrom('llm', 'made', 'played', 'broke', 'cut', 'died'),
      sentence: fc.nat({ max: 5 }),
      stale: fc.boolean(),
    }),
    { maxLength: 60 },
  );

  it('reaches COMPLETE once at most, and always when all that is due has come, in any order', () => {
    fc.assert(
      fc.property(fc.nat({ max: 5 }), steps, (expected, script) => {
        const { tracker, completed } = setUp();
        const stale = tracker.begin();
        tracker.end(stale, 'interrupted');
        const id = tracker.begin();
        completed.length = 0;
        const done = new Set<number>();
        let llmDone = false;
        let ended = false;
        for (const { kind, sentence, stale: isStale } of script) {
          const target = isStale ? stale : id;
          const index = expected === 0 ? 0 : sentence % expected;
          if (kind === 'llm') tracker.llmDone(target, expected);
          else if (kind === 'cut') tracker.end(target, 'interrupted');
          else if (kind === 'died') tracker.end(target, 'failed');
          else if (expected > 0 && kind === 'made') tracker.sentenceSynthesised(target, index);
          else if (expected > 0 && kind === 'played') tracker.sentencePlayed(target, index);
          else if (expected > 0 && kind === 'broke') tracker.sentenceFailed(target, index, 'broken');
          if (!isStale && !ended) {
            llmDone ||= kind === 'llm';
            if (kind === 'played' || kind === 'broke') done.add(index);
            ended = kind === 'cut' || kind === 'died' || (llmDone && (expected === 0 || done.size === expected));
          }
          expect(completed.length).toBe(ended ? 1 : 0);
          expect(tracker.active).toBe(!ended);
          expect(tracker.state === 'COMPLETE').toBe(ended);
        }
      }),
    );
  });
});
