import { describe, expect, it } from '@jest/globals';
import { tokenize } from './tokens.js';
import { yesOrNo } from './yes-or-no.js';

const QUESTION = 'I will block the card ending in 4 2 4 2 for good. Is that right?';
const answer = (text: string): string => yesOrNo(tokenize(text), new Set(tokenize(QUESTION)));

describe('an answer to a question', () => {
  it.each([
    'yes',
    'yes please',
    "that's right",
    'yeah go ahead',
    'correct',
    'of course',
    'sure',
    'okay',
    'um, yes',
    'yes, yes',
    'yes it is',
    'absolutely, thank you',
    'yep, do it now please',
    'yes, block it',
    'yes, block the card ending in 4 2 4 2',
    'yes that is what i want',
    'i would like that, yes',
  ])('is a yes: %s', (text) => {
    expect(answer(text)).toBe('yes');
  });

  it.each([
    'no',
    'no thank you',
    'of course not',
    'certainly not',
    'definitely not',
    'not okay',
    'absolutely nothing',
    'absolutely not',
    'okay cancel',
    'okay stop',
    'yes... no, wait, no',
    'not right now',
    "that's right, do not do it",
    "yes but don't",
    'right, forget it',
    "i'd rather not",
    'no problem, just do not block it',
  ])('is a no: %s', (text) => {
    expect(answer(text)).toBe('no');
  });

  it.each([
    'i am not sure',
    'not quite sure',
    'yes i did not get that',
    'is that right',
    'right is that right',
    'that is right but hold on',
    'exactly what do you mean',
    'right now i am busy',
    'yes i would rather keep it',
    'yep the other one instead',
    'no problem go ahead',
    'why not',
    'yes wait',
    'okay hold on',
    'sure, maybe later',
    'yes i think',
    'yes if it is free',
    'yes, the card ending in 1881',
    'yes hello',
    'okay i heard you',
    'i will block the card for good',
    'right now',
    'yes i think so',
    'okay so',
    'yes um',
    'please',
    'um',
    '',
  ])('is neither: %s', (text) => {
    expect(answer(text)).toBe('unclear');
  });

  it('may be a yes to a stop, where that was the question', () => {
    const about = new Set(tokenize('Shall I stop the payment?'));
    expect(yesOrNo(tokenize('yes, stop the payment'), about)).toBe('yes');
    expect(yesOrNo(tokenize('yes, cancel the payment'), about)).toBe('no');
  });
});
