import { describe, expect, it } from '@jest/globals';
import { SpeakerLabels } from './speaker-labels.js';

describe('SpeakerLabels', () => {
  it('takes a label of another connection for another speaker', () => {
    const labels = new SpeakerLabels();
    const numbers = [
      [1, 0],
      [1, 1],
      [2, 0],
      [1, 0],
    ].map(([epoch, voice]) => labels.labelOf(undefined, epoch!, voice).speakerId);
    expect(numbers).toEqual([1, 2, 3, 1]);
  });

  it('keeps the speaker of a leg that has one, and of one in which voices are not told apart', () => {
    const labels = new SpeakerLabels();
    const own = { speakerId: 0, isUser: true };
    expect(labels.labelOf(own, 1, 3)).toEqual(own);
    expect(labels.labelOf(own, 2, undefined)).toEqual(own);
    expect(labels.labelOf(undefined, 1, undefined)).toEqual({ speakerId: 0, isUser: false });
    expect(labels.labelOf(undefined, 2, undefined)).toEqual({ speakerId: 0, isUser: false });
  });

  it('remembers who a speaker is', () => {
    const labels = new SpeakerLabels(7);
    const { speakerId } = labels.labelOf(undefined, 1, 0);
    labels.identify(speakerId, { personId: 'ann', isUser: true });
    expect(labels.labelOf(undefined, 1, 0)).toEqual({ speakerId: 7, isUser: true });
    expect([labels.personOf(7), labels.personOf(1)]).toEqual(['ann', null]);
    expect(labels.labelOf(undefined, 2, 0)).toEqual({ speakerId: 8, isUser: false });
  });
});
