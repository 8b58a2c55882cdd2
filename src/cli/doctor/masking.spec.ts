import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../config/load.js';
import { maskingOf } from './masking.js';

const mask = maskingOf(
  loadConfig({
    AUTH_TOKENS: 'first-token-of-two,second-token-of-two',
    REDIS_URL: 'redis://parley:pass%40word@redis.example.com:6379/0',
    AZURE_STORAGE_CONNECTION_STRING: 'AccountName=acme;AccountKey=c3RvcmFnZQ==;EndpointSuffix=core.windows.net',
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
    ['a user in an address', 'https://somebody:word@example.com/x', 'https://***@example.com/x'],
    ['the query of an address', 'GET https://example.com/x?sig=abc failed', 'GET https://example.com/x?*** failed'],
  ])('does not hold %s', (_, said, masked) => {
    expect(mask(said)).toBe(masked);
  });

  it('holds what is no secret', () => {
    const said = 'redis.example.com: account acme at core.windows.net cannot be reached';
    expect(mask(said)).toBe(said);
  });
});
