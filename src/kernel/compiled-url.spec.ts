import { describe, expect, it } from '@jest/globals';
import { compiledUrl } from './compiled-url.js';

describe('compiledUrl', () => {
  it.each([
    ['file:///app/src/speech/driver.ts', 'file:///app/dist/speech/worker.js'],
    ['file:///app/dist/speech/driver.js', 'file:///app/dist/speech/worker.js'],
    ['file:///usr/src/app/src/speech/driver.ts', 'file:///usr/src/app/dist/speech/worker.js'],
    ['file:///usr/src/app/dist/speech/driver.js', 'file:///usr/src/app/dist/speech/worker.js'],
  ])('of %s is %s', (moduleUrl, expected) => {
    expect(compiledUrl(moduleUrl, './worker.js').href).toBe(expected);
  });
});
