import { describe, expect, it } from '@jest/globals';
import type { VoicePrint } from '../../services/people/voice-print.js';
import { KnownVoices } from './known-voices.js';

const MODEL = 'http:a';
const rules = { threshold: 0.45, margin: 0.05 };

/** A direction in a plane, in degrees: 60° away is a distance of 0.5. */
const at = (degrees: number): Float32Array =>
  Float32Array.from([Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]);

function print(personId: string, ...embeddings: Float32Array[]): VoicePrint {
  const learnedAt = '2026-11-20T10:00:00.000Z';
  return {
    personId,
    name: `Name of ${personId}`,
    model: MODEL,
    dimension: embeddings[0]!.length,
    samples: embeddings.map((embedding, i) => ({ id: `s${i}`, conversationId: 'c', learnedAt, embedding })),
    createdAt: learnedAt,
    updatedAt: learnedAt,
  };
}

const whose = (prints: VoicePrint[], heard: Float32Array, mayBeOwn = true): string | undefined =>
  new KnownVoices(prints, 'desk-1', rules).whose(heard, MODEL, mayBeOwn)?.personId;

describe('a voice', () => {
  it('is that of whom it is closest to', () => {
    const found = new KnownVoices([print('ann', at(0)), print('ben', at(90))], 'desk-1', rules).whose(
      at(20),
      MODEL,
      true,
    );
    expect(found).toEqual({ personId: 'ann', name: 'Name of ann', isUser: false, distance: expect.closeTo(0.0603, 4) });
  });

  it('is nobody’s when it is not close enough', () => {
    expect(whose([print('ann', at(0))], at(56))).toBe('ann');
    expect(whose([print('ann', at(0))], at(57))).toBeUndefined();
  });

  it('is nobody’s when two are about as close', () => {
    expect(whose([print('ann', at(0)), print('ben', at(62))], at(30))).toBeUndefined();
    expect(whose([print('ann', at(0)), print('ben', at(70))], at(30))).toBe('ann');
  });

  it('is compared with everything that is known of somebody', () => {
    expect(whose([print('ann', at(-30), at(90))], at(30))).toBe('ann');
  });

  it('is like no other model’s', () => {
    const other = { ...print('ann', at(0)), model: 'http:b' };
    expect(whose([other], at(0))).toBeUndefined();
    expect(whose([print('ann', Float32Array.of(1, 0, 0))], at(0))).toBeUndefined();
  });
});

describe('one’s own voice', () => {
  const own = print('user:desk-1', at(0));

  it('is known in one’s own sessions only', () => {
    expect(whose([own], at(10))).toBe('user');
    expect(whose([print('user:desk-2', at(0))], at(10))).toBeUndefined();
    expect(new KnownVoices([print('user:desk-2', at(0))], 'desk-1', rules).size).toBe(0);
  });

  it('may be about as close to somebody else’s', () => {
    expect(whose([own, print('ben', at(42))], at(20))).toBe('user');
    // Closer to the other one, and not by enough.
    expect(whose([own, print('ben', at(38))], at(20))).toBeUndefined();
  });

  it('is not to be heard on the customer’s leg', () => {
    expect(whose([own], at(10), false)).toBeUndefined();
    expect(whose([own, print('ben', at(40))], at(10), false)).toBe('ben');
  });
});
