import { describe, expect, it } from '@jest/globals';
import type { SpeechHints, SpeechSlot } from '../../speech/stt-stream.js';
import { mergedHints } from './merged-hints.js';

const digits = (length: number): SpeechSlot => ({ kind: 'digits', minLength: length, maxLength: length });
const hints = (phrases: string[], slots: Record<string, SpeechSlot>, answers: string[] = []): SpeechHints => ({
  id: phrases.join(),
  language: 'en-US',
  phrases,
  slots,
  answers,
});

describe('mergedHints', () => {
  it('holds what any of them holds, once', () => {
    const merged = mergedHints('en', [
      hints(['hello', 'my card ends in {last4}'], { last4: digits(4) }, ['last4']),
      hints(['hello', 'goodbye'], { last4: digits(4) }),
    ]);
    expect(merged).toMatchObject({
      language: 'en',
      phrases: ['hello', 'my card ends in {last4}', 'goodbye'],
      slots: { last4: digits(4) },
      answers: ['last4'],
    });
  });

  it('tells slots apart that have only the name in common', () => {
    const merged = mergedHints('en', [
      hints(['my pin is {number}'], { number: digits(4) }, ['number']),
      hints(['my account is {number}'], { number: digits(8) }, ['number']),
    ]);
    expect(merged).toMatchObject({
      phrases: ['my pin is {number}', 'my account is {number_2}'],
      slots: { number: digits(4), number_2: digits(8) },
      answers: ['number', 'number_2'],
    });
  });

  it('has an id of its own, which is the same for the same', () => {
    const some = [hints(['hello'], {})];
    expect(mergedHints('en', some).id).toBe(mergedHints('en', some).id);
    expect(mergedHints('en', some).id).not.toBe(mergedHints('en', []).id);
  });
});
