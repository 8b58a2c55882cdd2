import { describe, expect, it } from '@jest/globals';
import { Classifier, stem } from './classifier.js';

const example = (label: string, text: string) => ({ label, tokens: text.split(' ') });
const examples = [
  example('balance', 'what is my balance'),
  example('balance', 'how much money do i have'),
  example('balance', 'tell me the balance'),
  example('block', 'block my card'),
  example('block', 'please block the card'),
  example('block', 'my card must be blocked'),
];

describe('Classifier', () => {
  const classifier = new Classifier(examples);

  it('knows a sentence by its words', () => {
    expect(classifier.classify('what money is there'.split(' '))[0]).toMatchObject({ label: 'balance' });
    expect(classifier.classify('blocking cards'.split(' '))[0]).toMatchObject({ label: 'block' });
  });

  it('is less sure the more words it does not know', () => {
    const known = classifier.classify('block my card'.split(' '))[0]!.score;
    const half = classifier.classify('block my purple elephant'.split(' '))[0]!.score;
    expect(known).toBeGreaterThan(0.8);
    expect(half).toBeLessThan(known / 1.5);
  });

  it('says nothing about words it has never seen', () => {
    expect(classifier.classify(['purple', 'elephants'])).toEqual([]);
    expect(new Classifier([]).classify(['card'])).toEqual([]);
  });

  it('learns the same from the same examples', () => {
    const sentence = 'is my card blocked'.split(' ');
    expect(new Classifier(examples).classify(sentence)).toEqual(classifier.classify(sentence));
  });
});

describe('stem', () => {
  it.each([
    ['cards', 'card'],
    ['blocked', 'block'],
    ['blocking', 'block'],
    ['stopped', 'stop'],
    ['was', 'was'],
    ['#digits', '#digits'],
  ])('%s and %s are one word', (word, stemmed) => {
    expect(stem(word)).toBe(stem(stemmed));
  });
});
