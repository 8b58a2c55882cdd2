import { expect, it } from '@jest/globals';
import { consentIn } from './spoken-consent.js';

it.each([
  ['Yes.', 'yes'],
  ['yes please, block it', 'yes'],
  ['um, yeah, go ahead', 'yes'],
  ['please do', 'yes'],
  ['No.', 'no'],
  ['no thank you', 'no'],
  ["okay, but don't do it", 'no'],
  ['yes... no, wait, no', 'no'],
  ['what does that mean', 'unclear'],
  ['', 'unclear'],
  ['   ', 'unclear'],
])('%j is %s', (text, consent) => {
  expect(consentIn(text, 'en-GB')).toBe(consent);
});

it('cannot be told in other languages, but for silence', () => {
  expect([consentIn('ja bitte', 'de-DE'), consentIn('', 'de-DE')]).toEqual(['unknown', 'unclear']);
});
