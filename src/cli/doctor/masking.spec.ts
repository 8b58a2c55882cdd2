import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../config/load.js';
import { maskedWords, say } from './finding.js';
import { maskingOf } from './masking.js';

const mask = maskingOf(
  loadConfig({
    AUTH_TOKENS: 'first-token-of-two,second-token-of-two',
    REDIS_URL: 'redis://parley:pass%40word@redis.example.com:6379/0',
    AZURE_STORAGE_CONNECTION_STRING: 'AccountName=acme;AccountKey=c3RvcmFnZQ==;EndpointSuffix=core.windows.net',
    TWILIO_AUTH_TOKEN: 'short',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-token',
  }),
);

describe('what the doctor says', () => {
  it.each([
    ['a secret', 'refused second-token-of-two', 'refused ***'],
    ['a password, as it is written', 'AUTH pass%40word failed', 'AUTH *** failed'],
    ['a password, as it is', 'AUTH pass@word failed', 'AUTH *** failed'],
    ['a part of a connection string', 'the key c3RvcmFnZQ== is wrong', 'the key *** is wrong'],
    ['a header', 'Bearer collector-token is not known', '*** is not known'],
    ['a short one, where a value stands', 'token=short is refused: "short"', 'token=*** is refused: "***"'],
    ['a user in an address', 'https://somebody:word@example.com/x', 'https://***@example.com/x'],
    ['the query of an address', 'GET https://example.com/x?sig=abc failed', 'GET https://example.com/x?*** failed'],
  ])('does not hold %s', (_, said, masked) => {
    expect(mask(said)).toBe(masked);
  });

  it('holds what is no secret', () => {
    const said = 'redis.example.com: account acme at core.windows.net cannot be reached';
    expect(mask(said)).toBe(said);
  });

  it('holds the words that a short secret happens to be, in what others say', () => {
    const said = 'the key is too short';
    expect(mask(said)).toBe(said);
  });

  it('holds all words of ours, whatever is secret, and masks what was put between them', () => {
    const sentence = say`second-token-of-two, redis://[user:password@]host: ${'was it second-token-of-two?'}`;
    expect(maskedWords(sentence, mask)).toBe('second-token-of-two, redis://[user:password@]host: was it ***?');
    expect(maskedWords(say`status ${403}: ${sentence}`, mask)).toContain('status 403: second-token-of-two, redis://[');
  });
});
