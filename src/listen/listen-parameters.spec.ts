import { describe, expect, it } from '@jest/globals';
import { parseListenParameters } from './listen-parameters.js';

const parse = (query: string) => parseListenParameters(new URLSearchParams(query), 120_000);

describe('the query of a session', () => {
  it('has a default for everything', () => {
    expect(parse('')).toEqual({
      language: 'en',
      sampleRate: 16_000,
      encoding: 'pcm16',
      channels: 1,
      timeoutMs: 120_000,
      source: null,
      conversationId: undefined,
      consent: 'unknown',
    });
  });

  it('says all that there is to say', () => {
    const query =
      'language=de-DE&sample_rate=8000&encoding=mulaw&channels=2&conversation_timeout=300&source=desk%207&conversation_id=0F8FAD5B-D9CB-469F-A165-70867728950E&consent=granted&token=x';
    expect(parse(query)).toEqual({
      language: 'de-DE',
      sampleRate: 8000,
      encoding: 'mulaw',
      channels: 2,
      timeoutMs: 300_000,
      source: 'desk 7',
      conversationId: '0f8fad5b-d9cb-469f-a165-70867728950e',
      consent: 'granted',
    });
  });

  it.each([
    ['channels=2', 14_400_000],
    ['conversation_timeout=-1', 14_400_000],
    ['conversation_timeout=120', 120_000],
    ['channels=2&conversation_timeout=600.5', 600_500],
  ])('%s: a conversation is over after %d ms of silence', (query, timeoutMs) => {
    expect(parse(query)).toMatchObject({ timeoutMs });
  });

  it.each([
    ['channels=3', 'Parameter "channels": allowed are 1, 2'],
    ['sample_rate=11025', 'Parameter "sample_rate": allowed are 8000, 16000, 24000, 48000'],
    ['encoding=opus', 'Parameter "encoding": allowed are pcm16, mulaw, alaw'],
    ['language=english!', 'Parameter "language": allowed is a BCP 47 tag such as en-US'],
    [
      'conversation_timeout=60',
      'Parameter "conversation_timeout": allowed are 120 to 14400 seconds, or -1: until hang-up',
    ],
    [
      'conversation_timeout=-2',
      'Parameter "conversation_timeout": allowed are 120 to 14400 seconds, or -1: until hang-up',
    ],
    [
      'conversation_timeout=soon',
      'Parameter "conversation_timeout": allowed are 120 to 14400 seconds, or -1: until hang-up',
    ],
    [`source=${'x'.repeat(65)}`, 'Parameter "source": allowed is a text of 1 to 64 characters'],
    ['conversation_id=7', 'Parameter "conversation_id": allowed is the UUID of a conversation'],
    ['consent=yes', 'Parameter "consent": allowed are granted, denied, unknown'],
    ['source=a&source=b', 'Parameter "source" is given more than once'],
  ])('%s is refused with what is allowed', (query, problem) => {
    expect(parse(query)).toBe(problem);
  });

  it('names what it does not know', () => {
    expect(parse('codec=opus')).toBe(
      'Unknown parameter "codec"; allowed are language, sample_rate, encoding, channels, conversation_timeout, source, conversation_id, consent, token',
    );
  });
});
