import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import twilio from 'twilio';
import { type FormParameters, isSigned, signatureOf } from './twilio-signature.js';

const TOKEN = '12345';

const name = fc.oneof(
  fc.constantFrom('CallSid', 'From', 'To', 'Caller', 'SipHeader_X-A', 'a', 'A', 'Ä', '__proto__', 'constructor'),
  fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme' }),
);
const value = fc.string({ maxLength: 20, unit: 'grapheme' });
const parameters: fc.Arbitrary<FormParameters> = fc
  .array(fc.tuple(name, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 4 }))), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));
const url = fc
  .tuple(
    fc.constantFrom('https', 'http', 'wss'),
    fc.domain(),
    fc.constantFrom('', ':443', ':80', ':8443'),
    fc.constantFrom('', '/', '/api/v1/twilio/media', '/api/v1/twilio/media/', "/it's", '/a%20b'),
    fc.constantFrom('', '?scenario=banking', '?a=1&b=%27', '?x'),
  )
  .map(([scheme, host, port, path, query]) => `${scheme}://${host}${port}${path}${query}`);

describe("Twilio's signature", () => {
  it('is the documented one', () => {
    const documented = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    expect(signatureOf(TOKEN, 'https://mycompany.com/myapp.php?foo=1&bar=2', documented)).toBe(
      'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
    );
  });

  it("is what Twilio's library computes, for any parameters", () => {
    fc.assert(
      fc.property(fc.string(), url, parameters, (token, address, form) => {
        expect(signatureOf(token, address, form)).toBe(twilio.getExpectedTwilioSignature(token, address, form));
      }),
      { numRuns: 500 },
    );
  });

  it("is taken where Twilio's library takes it, and only there", () => {
    fc.assert(
      fc.property(url, url, parameters, fc.boolean(), (signed, other, form, same) => {
        const asked = same ? signed : other;
        const signature = twilio.getExpectedTwilioSignature(TOKEN, signed, form);
        const taken = isSigned([TOKEN], signature, asked, form);
        expect(taken).toBe(twilio.validateRequest(TOKEN, signature, asked, form));
        if (same) expect(taken).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is taken with and without the port, whichever of the two is asked for', () => {
    const addresses = ['https://voice.example.com/a', 'https://voice.example.com:443/a'];
    for (const signed of addresses)
      for (const asked of addresses) expect(isSigned([TOKEN], signatureOf(TOKEN, signed, {}), asked, {})).toBe(true);
  });

  it('is another one with a slash at the end, with other letters, another value or another token', () => {
    const address = 'wss://voice.example.com/api/v1/twilio/media';
    const signature = signatureOf(TOKEN, address, { From: '+1' });
    expect(isSigned([TOKEN], signature, address, { From: '+1' })).toBe(true);
    expect(isSigned([TOKEN], signature, `${address}/`, { From: '+1' })).toBe(false);
    expect(isSigned([TOKEN], signature, address.replace('wss', 'https'), { From: '+1' })).toBe(false);
    expect(isSigned([TOKEN], signature, address, { From: '+2' })).toBe(false);
    expect(isSigned([TOKEN], signature, address, {})).toBe(false);
    expect(isSigned(['54321'], signature, address, { From: '+1' })).toBe(false);
    for (const wrong of ['', 'x', `${signature} `, signature.slice(0, -1), signature.toLowerCase()])
      expect(isSigned([TOKEN], wrong, address, { From: '+1' })).toBe(false);
    // Base64 has four ways to write the last two bits, of which the lenient decoder takes all.
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.split('');
    const spellings = digits.map((last) => `${signature.slice(0, -2)}${last}=`);
    expect(spellings.filter((each) => isSigned([TOKEN], each, address, { From: '+1' }))).toEqual([signature]);
  });

  it('is taken from either token while it is rotated', () => {
    const address = 'wss://voice.example.com/api/v1/twilio/media';
    for (const token of ['old', 'new'])
      expect(isSigned(['new', 'old'], signatureOf(token, address, {}), address, {})).toBe(true);
    expect(isSigned([], signatureOf('', address, {}), address, {})).toBe(false);
  });
});
