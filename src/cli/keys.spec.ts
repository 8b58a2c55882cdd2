import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { createHash } from 'node:crypto';
import { main } from './keys.js';

let out = '';
let err = '';
beforeEach(() => {
  out = err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => void jest.restoreAllMocks());

describe('keys', () => {
  it('makes a key and the entry that stands for it', async () => {
    expect(await main(['--id', 'acme-web', '--tenant', 'acme', '--role', 'integrator'])).toBe(0);
    const key = /^ {2}(pk_.+)$/m.exec(out)![1]!;
    const sha256 = createHash('sha256').update(key).digest('hex');
    expect(parse(out.slice(out.indexOf('keys:')))).toEqual({
      keys: [{ id: 'acme-web', tenant: 'acme', role: 'integrator', sha256 }],
    });
  });

  it.each([
    [['--id', 'a', '--tenant', 't', '--role', 'root'], /^--role: .*caller/],
    [['--id', 'a', '--role', 'caller'], /^--tenant: /],
    [['--id', 'a', '--tenant', 't', '--role', 'caller', '--expires', 'soon'], /^--expires: /],
    [['--colour', 'red'], /--colour/],
  ])('says what is wrong with %j', async (args, problem) => {
    expect(await main(args)).toBe(2);
    expect(err).toMatch(problem);
    expect(err).toContain('Usage: npm run keys');
    expect(out).toBe('');
  });

  it('explains itself', async () => {
    expect(await main(['--help'])).toBe(0);
    expect(out).toContain('--tenant');
  });
});
