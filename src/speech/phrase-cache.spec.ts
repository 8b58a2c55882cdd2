import { describe, expect, it } from '@jest/globals';
import type { TtsChunk, TtsRequest } from './tts-voice.js';
import { PhraseCache } from './phrase-cache.js';

const request = (text: string, more: Partial<TtsRequest> = {}): TtsRequest => ({
  text,
  voice: 'slt',
  rate: 1,
  pitch: 0,
  cacheable: true,
  ...more,
});
const chunks = (samples: number): TtsChunk[] => [{ pcm: new Int16Array(samples).fill(7), sampleRate: 16_000 }];

describe('phrase cache', () => {
  it('drops what was not asked for the longest when it is full', () => {
    const cache = new PhraseCache(400);
    cache.add(request('one'), chunks(100));
    cache.add(request('two'), chunks(100));
    expect(cache.get(request('one'))).toMatchObject([{ isKept: true }]);
    cache.add(request('three'), chunks(100));
    expect(cache.get(request('two'))).toBeUndefined();
    expect(cache.get(request('one'))).toBeDefined();
    expect(cache.get(request('three'))).toBeDefined();
  });

  it('does not empty itself for a phrase that would not fit, and counts a phrase once', () => {
    const cache = new PhraseCache(400);
    cache.add(request('one'), chunks(100));
    cache.add(request('long'), chunks(300));
    expect(cache.get(request('long'))).toBeUndefined();
    for (let i = 0; i < 5; i++) cache.add(request('two'), chunks(100));
    expect(cache.get(request('one'))).toBeDefined();
  });

  it('tells voices, rates and pitches apart', () => {
    const cache = new PhraseCache(10_000);
    cache.add(request('one'), chunks(1));
    expect(cache.get(request('one', { voice: 'rms' }))).toBeUndefined();
    expect(cache.get(request('one', { rate: 1.1 }))).toBeUndefined();
    expect(cache.get(request('one', { pitch: 1 }))).toBeUndefined();
  });
});
