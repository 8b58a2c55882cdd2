import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { phraseList } from '../../src/speech/drivers/azure/azure-hints.js';
import { keyTerms } from '../../src/speech/drivers/deepgram/deepgram-query.js';
import type { SpeechHints } from '../../src/speech/stt-stream.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const folder = (): string => mkdtempSync(path.join(tmpdir(), 'parley-phrases-'));

describe('the list of phrases of a tenant', () => {
  let settings: NodeJS.ProcessEnv;
  let keys: Record<string, string>;
  let server: TestServer;

  beforeEach(async () => {
    const made = (['operator', 'caller'] as const).flatMap((role) =>
      ['acme', 'bank'].map((tenant) => createApiKey({ id: `${tenant}-${role}`, tenant, role })),
    );
    const admin = createApiKey({ id: 'root', tenant: 'default', role: 'admin' });
    const API_KEYS_FILE = path.join(folder(), 'keys.yaml');
    writeFileSync(API_KEYS_FILE, stringify({ keys: [...made, admin].map(({ entry }) => entry) }));
    keys = Object.fromEntries([...made, admin].map(({ key, entry }) => [entry.id, key]));
    settings = {
      API_KEYS_FILE,
      DATA_DIR: folder(),
      SPEECH_PHRASES: 'Parley, Kowalczyk',
      ...withoutSpeech,
    };
    server = await TestServer.start(settings);
  });
  afterEach(() => server.stop());

  async function ask(who: string, method: string, body?: unknown, query = ''): Promise<[number, unknown]> {
    const response = await fetch(`${server.url}/api/v1/phrases${query}`, {
      method,
      headers: { authorization: `Bearer ${keys[who]}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return [response.status, await response.json().catch(() => undefined)];
  }

  const configured = ['Parley', 'Kowalczyk'];

  it('is changed by its operators, and outlives the server', async () => {
    expect(await ask('acme-operator', 'GET')).toEqual([200, { phrases: [], configured }]);
    const phrases = ['Nguyen', 'flexi saver'];
    expect(await ask('acme-operator', 'PUT', { phrases: [' Nguyen', 'flexi saver', 'Nguyen'] })).toEqual([
      200,
      { phrases, configured },
    ]);
    expect(await ask('bank-operator', 'GET')).toEqual([200, { phrases: [], configured }]);
    expect(await ask('bank-operator', 'GET', undefined, '?tenant=acme')).toEqual([200, { phrases: [], configured }]);
    expect(await ask('root', 'GET', undefined, '?tenant=acme')).toEqual([200, { phrases, configured }]);
    expect((await ask('acme-caller', 'GET'))[0]).toBe(403);
    await server.stop();
    server = await TestServer.start(settings);
    expect(await ask('acme-operator', 'GET')).toEqual([200, { phrases, configured }]);
    expect(await ask('acme-operator', 'DELETE')).toEqual([204, undefined]);
    expect(await ask('acme-operator', 'GET')).toEqual([200, { phrases: [], configured }]);
  });

  it.each([
    ['too many', Array.from({ length: 501 }, (_, i) => `name ${i}`)],
    ['one that is too long', ['x'.repeat(101)]],
    ['one that is empty', [' ']],
    ['one of two lines', ['a\nb']],
    ['something else', [1]],
  ])('does not take %s', async (_, phrases) => {
    expect((await ask('acme-operator', 'PUT', { phrases }))[0]).toBe(400);
    expect((await ask('acme-operator', 'PUT', { phrases: ['fine'], more: true }))[0]).toBe(400);
    expect(await ask('acme-operator', 'GET')).toEqual([200, { phrases: [], configured }]);
  });

  it('is checked with the other dependencies', async () => {
    const { body } = await server.get('/api/v1/readiness', { authorization: `Bearer ${keys['root']}` });
    expect(JSON.stringify(body)).toContain('"phrases"');
  });
});

describe('phrases to expect', () => {
  const hints: SpeechHints = {
    id: 'a',
    language: 'en-US',
    phrases: ['block my {card} card'],
    slots: { card: { kind: 'choice', values: [{ value: 'gold', synonyms: ['golden'] }] } },
    answers: [],
    bias: ['Nguyen', 'gold'],
  };

  it('come before what agents expect, where there is room for some only', () => {
    expect(phraseList(hints)).toEqual(['Nguyen', 'gold', 'golden', 'block my', 'card']);
    expect(keyTerms(hints)).toEqual(['Nguyen', 'gold', 'golden']);
    const many = Array.from({ length: 600 }, (_, i) => `name ${i}`);
    expect(phraseList({ ...hints, bias: many })).toEqual(many.slice(0, 500));
    expect(keyTerms({ ...hints, bias: many })).toEqual(many.slice(0, 100));
    const long = many.map((name) => name.padEnd(100, ' and more'));
    expect(keyTerms({ ...hints, bias: long })).toEqual(long.slice(0, 14));
  });
});
