import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { measuresOf } from './call-measures.js';
import type { CallTurn } from './call-turns.js';

const turn = (leg: CallTurn['leg'], startMs: number, endMs: number, text = 'some words'): CallTurn => ({
  leg,
  startMs,
  endMs,
  text,
});

describe('what is measured of a call', () => {
  it('is who spoke for how long, who cut in, and when nobody spoke', () => {
    const turns = [
      turn('agent', 0, 4000),
      turn('customer', 3000, 8000),
      turn('customer', 7000, 9000),
      turn('agent', 12_000, 13_000),
    ];
    expect(measuresOf(turns, 20_000)).toEqual({
      duration_ms: 20_000,
      agent_talk_ms: 5000,
      customer_talk_ms: 6000,
      agent_talk_ratio: 0.455,
      silence_ms: 10_000,
      interruptions: { agent: 0, customer: 1 },
      words: 8,
    });
  });

  it('is nothing of a call in which nobody spoke', () => {
    expect(measuresOf([], 5000)).toMatchObject({ agent_talk_ratio: null, silence_ms: 5000, words: 0 });
  });

  it('takes the overlap of taking turns for none', () => {
    expect(measuresOf([turn('agent', 0, 1000), turn('customer', 750, 2000)], 0).interruptions).toEqual({
      agent: 0,
      customer: 0,
    });
  });

  it('adds up', () => {
    const spans = fc.array(fc.tuple(fc.boolean(), fc.nat(60_000), fc.nat(8000)), { maxLength: 30 });
    fc.assert(
      fc.property(spans, fc.nat(90_000), (given, durationMs) => {
        const turns = given
          .map(([isAgent, startMs, length]) => turn(isAgent ? 'agent' : 'customer', startMs, startMs + length))
          .sort((one, other) => one.startMs - other.startMs);
        const found = measuresOf(turns, durationMs);
        const talk = found.agent_talk_ms + found.customer_talk_ms;
        expect(found.silence_ms).toBeGreaterThanOrEqual(found.duration_ms - talk);
        expect(found.silence_ms).toBeLessThanOrEqual(
          found.duration_ms - Math.max(found.agent_talk_ms, found.customer_talk_ms),
        );
        expect(found.agent_talk_ratio ?? 0).toBeLessThanOrEqual(1);
      }),
    );
  });
});
