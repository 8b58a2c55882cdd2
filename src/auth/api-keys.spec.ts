import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ManualClock } from '../kernel/clock.js';
import { type ApiKeyEntry, ApiKeys, createApiKey } from './api-keys.js';

const LOOK_EVERY_MS = 2000;

function keysFile(content: unknown): { file: string; write: (content: unknown) => void } {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-keys-')), 'keys.yaml');
  let version = 0;
  const write = (next: unknown): void => {
    writeFileSync(file, typeof next === 'string' ? next : stringify(next));
    utimesSync(file, 1000, 1000 + version++);
  };
  write(content);
  return { file, write };
}

describe('API keys', () => {
  const acme = createApiKey({ id: 'acme-web', tenant: 'acme', role: 'integrator' });
  const desk = createApiKey({ id: 'desk', tenant: 'bank', role: 'operator' });

  it('say who it is, and nothing to who guesses', () => {
    const keys = new ApiKeys(keysFile({ keys: [acme.entry, desk.entry] }).file, new ManualClock());
    expect(keys.identify(acme.key)).toEqual({ subject: 'acme-web', tenant: 'acme', role: 'integrator' });
    expect(keys.identify(desk.key)).toEqual({ subject: 'desk', tenant: 'bank', role: 'operator' });
    for (const guess of ['', 'pk_', acme.key.slice(0, -1), acme.key.toUpperCase(), acme.entry.sha256, 'acme-web'])
      expect(keys.identify(guess)).toBeUndefined();
  });

  it('are kept as hashes of 256 random bits', () => {
    expect(acme.key).toMatch(/^pk_[\w-]{43}$/);
    expect(acme.key).not.toBe(desk.key);
    expect(JSON.stringify(acme.entry)).not.toContain(acme.key.slice(3));
  });

  it('end at their time', async () => {
    const clock = new ManualClock(Date.parse('2026-11-20T12:00:00Z'));
    const { key, entry } = createApiKey({ id: 'a', tenant: 't', role: 'caller', expires: '2026-11-20T13:00:00+01:00' });
    expect(new ApiKeys(keysFile({ keys: [entry] }).file, clock).identify(key)).toBeUndefined();
    const later: ApiKeyEntry = { ...entry, expires: '2026-11-20T12:00:01Z' };
    const keys = new ApiKeys(keysFile({ keys: [later] }).file, clock);
    expect(keys.identify(key)).toBeDefined();
    await clock.advance(1000);
    expect(keys.identify(key)).toBeUndefined();
  });

  it('come and go with the file; a faulty one changes nothing', async () => {
    const clock = new ManualClock();
    const { file, write } = keysFile({ keys: [acme.entry] });
    const keys = new ApiKeys(file, clock);
    write({ keys: [desk.entry] });
    expect(keys.identify(acme.key)).toBeDefined();
    await clock.advance(LOOK_EVERY_MS);
    expect([keys.identify(acme.key), keys.identify(desk.key)?.subject]).toEqual([undefined, 'desk']);
    write('keys: [');
    await clock.advance(LOOK_EVERY_MS);
    expect([keys.identify(desk.key)?.subject, keys.size]).toEqual(['desk', 1]);
  });

  it.each([
    ['nothing: here', /keys/],
    [{ keys: [{ ...acme.entry, role: 'root' }] }, /keys\.0\.role.*caller/],
    [{ keys: [{ ...acme.entry, sha256: acme.key }] }, /keys\.0\.sha256.*64 hexadecimal/],
    [{ keys: [acme.entry, { ...desk.entry, id: 'acme-web' }] }, /two keys have the id "acme-web"/],
    ['[', /API_KEYS_FILE/],
  ])('say what is wrong with a file like %j', (content, problem) => {
    expect(() => new ApiKeys(keysFile(content).file, new ManualClock())).toThrow(problem);
  });

  it('need their file', () => {
    expect(() => new ApiKeys('/nowhere/keys.yaml', new ManualClock())).toThrow(/API_KEYS_FILE \/nowhere\/keys.yaml/);
  });
});
