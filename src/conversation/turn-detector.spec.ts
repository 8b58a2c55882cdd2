import { describe, expect, it } from '@jest/globals';
import { TurnDetector, type TurnSignal } from './turn-detector.js';

const WINDOW_MS = 32;
const options = { threshold: 0.5, startMs: 64, endSilenceMs: 500, maxUtteranceMs: 5000 };

/** Runs probabilities, one for each window, and returns the signals with the window they came at. */
function run(probabilities: readonly number[], overrides: Partial<typeof options> = {}): TurnSignal[] {
  const detector = new TurnDetector({ ...options, ...overrides });
  return probabilities.flatMap((probability, index) => detector.push(probability, (index + 1) * WINDOW_MS) ?? []);
}

const speech = (windows: number): number[] => Array.from({ length: windows }, () => 0.9);
const silence = (windows: number): number[] => Array.from({ length: windows }, () => 0.05);

describe('TurnDetector', () => {
  it('starts after enough speech, and says when it began', () => {
    const signals = run([...silence(10), ...speech(3)]);
    expect(signals[0]).toEqual({ type: 'started', speechMs: 64, sinceMs: 320 });
    expect(signals[1]).toEqual({ type: 'speaking', speechMs: 96, sinceMs: 320 });
  });

  it('does not start at a click', () => {
    expect(run([...silence(10), ...speech(1), ...silence(10)])).toEqual([]);
  });

  it('stops after enough silence, at the last speech', () => {
    const signals = run([...speech(10), ...silence(20)]);
    expect(signals.at(-1)).toEqual({ type: 'stopped', atMs: 320, reason: 'silence' });
  });

  it('goes on over a pause shorter than that', () => {
    const types = run([...speech(10), ...silence(10), ...speech(10), ...silence(20)]).map((signal) => signal.type);
    expect(types.filter((type) => type === 'started').length).toBe(1);
    expect(types.filter((type) => type === 'stopped').length).toBe(1);
  });

  it('ends an utterance that is too long, and hears the next one', () => {
    const signals = run([...speech(200)], { maxUtteranceMs: 1000 });
    const stops = signals.filter((signal) => signal.type === 'stopped');
    expect(stops[0]).toMatchObject({ reason: 'too_long' });
    expect(stops.length).toBeGreaterThan(3);
  });

  it('does not flutter around the threshold', () => {
    const wobbly = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.55 : 0.4));
    const types = run([...speech(3), ...wobbly]).map((signal) => signal.type);
    expect(types.filter((type) => type === 'started').length).toBe(1);
    expect(types).not.toContain('stopped');
  });

  it('counts continuous speech for a barge-in from its last beginning', () => {
    const signals = run([...speech(10), ...silence(8), ...speech(5)]);
    expect(signals.at(-1)).toEqual({ type: 'speaking', speechMs: 5 * WINDOW_MS, sinceMs: 18 * WINDOW_MS });
  });
});
