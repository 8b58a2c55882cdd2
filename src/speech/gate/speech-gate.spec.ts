import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SpeechGate } from './speech-gate.js';

const options = { threshold: 0.65, hangoverMs: 400, finalizeMs: 100 };
const WINDOW_MS = 20;

/** The states after each window, and which windows started or stopped something. */
function follow(probabilities: readonly number[], gate = new SpeechGate(options)) {
  const states: string[] = [];
  const signals: [number, string][] = [];
  probabilities.forEach((probability, index) => {
    const { starts, stops, rests } = gate.push(probability, WINDOW_MS);
    states.push(gate.state);
    if (starts) signals.push([index, 'starts']);
    if (stops) signals.push([index, 'stops']);
    if (rests) signals.push([index, 'rests']);
  });
  return { states, signals };
}

const windows = (count: number, probability: number): number[] => Array.from({ length: count }, () => probability);

describe('SpeechGate', () => {
  it('goes from silence to speech at once, to a hangover, and back to silence when that is over', () => {
    const { states, signals } = follow([0.2, 0.7, ...windows(19, 0.1), 0.1]);
    expect(states).toEqual(['silence', 'speech', ...Array.from({ length: 19 }, () => 'hangover'), 'silence']);
    expect(signals).toEqual([
      [1, 'starts'],
      [6, 'stops'],
      [21, 'rests'],
    ]);
  });

  it('goes back to speech from the hangover, and begins anew only when it had stopped', () => {
    const { signals } = follow([1, 0, 0, 1, ...windows(6, 0), 1]);
    expect(signals).toEqual([
      [0, 'starts'],
      [8, 'stops'],
      [10, 'starts'],
    ]);
  });

  it('takes less for speech while somebody speaks', () => {
    expect(follow([0.55, 0.65, 0.55, 0.5]).states).toEqual(['silence', 'speech', 'speech', 'speech']);
    expect(follow([0.65, 0.49]).states).toEqual(['speech', 'hangover']);
    expect(follow([0.65, ...windows(5, 0), 0.55]).states.at(-1)).toBe('hangover');
  });

  it('rests once whoever spoke has stopped, however short the hangover', () => {
    const { signals } = follow([1, ...windows(6, 0)], new SpeechGate({ ...options, hangoverMs: 40 }));
    expect(signals).toEqual([
      [0, 'starts'],
      [5, 'stops'],
      [5, 'rests'],
    ]);
  });

  it('is silent after an interruption', () => {
    const gate = new SpeechGate(options);
    expect(gate.interrupt()).toBe(false);
    gate.push(1, WINDOW_MS);
    expect(gate.interrupt()).toBe(true);
    expect([gate.state, gate.speaking]).toEqual(['silence', false]);
    expect(follow(windows(10, 0), gate).signals).toEqual([]);
  });

  it('stops exactly once in each silence that is long enough, whatever comes', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 })), { maxLength: 20 });
    fc.assert(
      fc.property(runs, (given) => {
        const probabilities = given.flatMap(([speech, silence]) => [...windows(speech, 1), ...windows(silence, 0)]);
        const { signals } = follow(probabilities);
        const longEnough = given.filter(([, silence]) => silence * WINDOW_MS >= options.finalizeMs).length;
        expect(signals.filter(([, what]) => what === 'stops')).toHaveLength(longEnough);
        const talk = signals.filter(([, what]) => what !== 'rests').map(([, what]) => what);
        expect(talk.every((what, index) => what === (index % 2 === 0 ? 'starts' : 'stops'))).toBe(true);
      }),
    );
  });
});
