import { expect, it } from '@jest/globals';
import { consentIn } from './spoken-consent.js';

it.each([
  ['Yes.', 'yes'],
  ['yes please, block it', 'yes'],
  ["that's right", 'yes'],
  ['yeah go ahead', 'yes'],
  ['correct', 'yes'],
  ['of course', 'yes'],
  ['Sure.', 'yes'],
  ['Okay!', 'yes'],
  ['yes, block the card 4242', 'yes'],
  ['yes, block the card 8361', 'unclear'],
  ['um, yeah, go ahead', 'yes'],
  ['please do', 'yes'],
  ['No.', 'no'],
  ['no thank you', 'no'],
  ["okay, but don't do it", 'no'],
  ['yes... no, wait, no', 'no'],
  ['of course not', 'no'],
  ['certainly not', 'no'],
  ['not okay', 'no'],
  ['absolutely nothing', 'no'],
  ['okay cancel', 'no'],
  ['okay stop', 'no'],
  ['I am not sure', 'unclear'],
  ['yes?', 'unclear'],
  ['yes? I did not get that', 'unclear'],
  ['Is that right?', 'unclear'],
  ['that is right but hold on', 'unclear'],
  ['exactly what do you mean', 'unclear'],
  ['right now I am busy', 'unclear'],
  ['yes I would rather keep it', 'unclear'],
  ['yep, the other one instead', 'unclear'],
  ['no problem, go ahead', 'unclear'],
  ['what does that mean', 'unclear'],
  ['', 'unclear'],
  ['   ', 'unclear'],
])('%j is %s', (text, consent) => {
  expect(consentIn(text, 'en-GB', 'block_card 4242')).toBe(consent);
});

it('cannot be told in other languages, but for silence', () => {
  expect([consentIn('ja bitte', 'de-DE'), consentIn('', 'de-DE')]).toEqual(['unknown', 'unclear']);
});
