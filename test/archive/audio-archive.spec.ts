import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ArchiveConfig } from '../../src/config/archive.config.js';
import { loadConfig } from '../../src/config/load.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { ArchiveKeys } from '../../src/services/archive/archive-keys.js';
import type { AudioArchive } from '../../src/services/archive/audio-archive.js';
import { BlobArchive } from '../../src/services/archive/blob/blob-archive.js';
import { DiskArchive } from '../../src/services/archive/disk/disk-archive.js';
import { EncryptedArchive } from '../../src/services/archive/encrypted-archive.js';
import { BlobEmulator } from '../fakes/blob/blob-emulator.js';

const signal = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

function configOf(env: NodeJS.ProcessEnv): ArchiveConfig {
  return loadConfig(env).values.get(ArchiveConfig) as ArchiveConfig;
}

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'parley-archive-'));
}

let blobs: BlobEmulator;
beforeAll(async () => {
  blobs = await BlobEmulator.start();
});
afterAll(() => blobs.stop());

let containers = 0;
const blobArchive = (settings: NodeJS.ProcessEnv = {}): Promise<BlobArchive> =>
  BlobArchive.create(configOf({ ...blobs.settings, AZURE_STORAGE_CONTAINER: `tests-${++containers}`, ...settings }));

const archives: [string, () => Promise<AudioArchive>][] = [
  ['files', () => Promise.resolve(new DiskArchive(folder(), new SystemClock()))],
  ['Azure Blob storage', () => blobArchive()],
  ['encrypted files', () => Promise.resolve(encrypted(new DiskArchive(folder(), new SystemClock())))],
  ['encrypted blobs', async () => encrypted(await blobArchive())],
];

function encrypted(archive: AudioArchive): AudioArchive {
  const file = path.join(folder(), 'keys.yaml');
  writeFileSync(file, JSON.stringify({ tenants: { '*': [{ id: 'k1', key: randomBytes(32).toString('base64') }] } }));
  return new EncryptedArchive(archive, ArchiveKeys.read(file, '/', {}));
}

describe.each(archives)('audio in %s', (_, create) => {
  let archive: AudioArchive;
  beforeEach(async () => {
    archive = await create();
    await archive.start(signal);
  });
  afterEach(() => archive.close());

  async function contentOf(tenant: string, id: string, name: string): Promise<string | undefined> {
    const content = await archive.get(tenant, id, name);
    if (!content) return undefined;
    const bytes = await buffer(content.stream);
    expect([content.bytes, content.contentType]).toEqual([bytes.length, 'audio/wav']);
    return bytes.toString();
  }

  it('comes back as it was put there, for its own tenant and conversation', async () => {
    await archive.put('acme', 'c1', 'b.wav', bytesOf('second'), 'audio/wav');
    await archive.put('acme', 'c1', 'a.wav', bytesOf('first'), 'audio/wav');
    expect(await archive.list('acme', 'c1')).toMatchObject([
      { name: 'a.wav', bytes: 5 },
      { name: 'b.wav', bytes: 6 },
    ]);
    expect(await contentOf('acme', 'c1', 'b.wav')).toBe('second');
    expect(await archive.get('acme', 'c1', 'c.wav')).toBeUndefined();
    expect(await archive.get('bank', 'c1', 'a.wav')).toBeUndefined();
    expect(await archive.list('acme', 'c')).toEqual([]);
    expect(await archive.list('bank', 'c1')).toEqual([]);
  });

  it('is replaced by what is put there under the same name', async () => {
    for (const text of ['one', 'other']) await archive.put('acme', 'c1', 'a.wav', bytesOf(text), 'audio/wav');
    expect(await contentOf('acme', 'c1', 'a.wav')).toBe('other');
    expect(await archive.list('acme', 'c1')).toHaveLength(1);
  });

  it('may be of some size', async () => {
    const bytes = Buffer.alloc(4_000_000, 'parley');
    await archive.put('acme', 'c1', 'a.wav', bytes, 'audio/wav');
    const content = await archive.get('acme', 'c1', 'a.wav');
    expect((await buffer(content!.stream)).equals(bytes)).toBe(true);
  });

  it('of one name is removed alone', async () => {
    for (const name of ['a.wav', 'b.wav']) await archive.put('acme', 'c1', name, bytesOf(name), 'audio/wav');
    await archive.remove('acme', 'c1', 'a.wav');
    await archive.remove('acme', 'c1', 'a.wav');
    expect(await archive.list('acme', 'c1')).toMatchObject([{ name: 'b.wav' }]);
  });

  it('is removed with its conversation, and with no other', async () => {
    for (const id of ['c1', 'c10', 'c2']) await archive.put('acme', id, 'a.wav', bytesOf(id), 'audio/wav');
    await archive.put('acme', 'c1', 'b.wav', bytesOf('more'), 'audio/wav');
    expect(await archive.removeAll('acme', 'c1')).toBe(2);
    expect(await archive.removeAll('acme', 'c1')).toBe(0);
    expect(await archive.list('acme', 'c1')).toEqual([]);
    expect(await contentOf('acme', 'c10', 'a.wav')).toBe('c10');
    expect(await contentOf('acme', 'c2', 'a.wav')).toBe('c2');
  });

  it.each([
    '..',
    '.',
    '../bank',
    '/etc/passwd',
    'a/b',
    'a%2Fb',
    '%2E%2E',
    'ü 😀',
    'a\\b',
    'c\u0000d',
    '.unfinished',
    'x.',
  ])('lies in its own place if an id is %j', async (id) => {
    await archive.put('acme', 'plain', 'a.wav', bytesOf('plain'), 'audio/wav');
    await archive.put(id, id, id, bytesOf('odd'), 'audio/wav');
    await archive.put('acme', id, 'a.wav', bytesOf('odd, too'), 'audio/wav');
    expect((await archive.list(id, id)).map(({ name }) => name)).toEqual([id]);
    expect(await archive.get('acme', id, '../plain/a.wav')).toBeUndefined();
    expect(await contentOf('acme', id, 'a.wav')).toBe('odd, too');
    expect(await contentOf('acme', 'plain', 'a.wav')).toBe('plain');
    expect(await archive.removeAll(id, id)).toBe(1);
    expect(await archive.removeAll('acme', id)).toBe(1);
    expect(await archive.list('acme', 'plain')).toHaveLength(1);
  });

  it.each(['', 'x'.repeat(241), 'ü'.repeat(41)])('is not taken for an id like "%s"', async (id) => {
    const refused = { code: 'invalid_parameter' };
    await expect(archive.put('acme', id, 'a', bytesOf('x'), 'audio/wav')).rejects.toMatchObject(refused);
    await expect((async () => archive.list(id, 'c1'))()).rejects.toMatchObject(refused);
  });

  it('says how much there is without being read', async () => {
    for (const bytes of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      await archive.put('acme', 'c1', 'a.wav', Buffer.alloc(bytes), 'audio/wav');
      expect(await archive.list('acme', 'c1')).toMatchObject([{ name: 'a.wav', bytes }]);
    }
  });

  it('is found, wherever it is', async () => {
    const places = ['acme/c1', 'acme/c2', 'bank/c1', 'ü/.'];
    for (const place of places) {
      const [tenant = '', id = ''] = place.split('/');
      for (const name of ['a.wav', 'b.wav']) await archive.put(tenant, id, name, bytesOf(name), 'audio/wav');
    }
    await archive.removeAll('acme', 'c2');
    const found: string[] = [];
    for await (const { tenant, conversationId, writtenAt } of archive.everywhere()) {
      found.push(`${tenant}/${conversationId}`);
      expect(Math.abs(Date.parse(writtenAt) - Date.now())).toBeLessThan(60_000);
    }
    expect(found.sort()).toEqual(['acme/c1', 'bank/c1', 'ü/.']);
  });

  it('can be checked', async () => {
    await expect(archive.check()).resolves.toMatchObject({ driver: archive.name });
  });
});

describe('files', () => {
  it('stay within the directory, and leave nothing unfinished', async () => {
    const root = folder();
    const directory = path.join(root, 'audio');
    const archive = new DiskArchive(directory, new SystemClock());
    await archive.put('..', '..', '../../out', bytesOf('x'));
    expect(readdirSync(root)).toEqual(['audio']);
    expect(readdirSync(path.join(directory, '.unfinished'))).toEqual([]);
    expect(statSync(path.join(directory, '%2E%2E', '%2E%2E', '%2E.%2F..%2Fout')).mode & 0o077).toBe(0);
  });

  it('that a process did not finish are cleared away later', async () => {
    const directory = folder();
    const archive = new DiskArchive(directory, new SystemClock());
    await archive.start();
    const unfinished = path.join(directory, '.unfinished');
    for (const name of ['old', 'new']) writeFileSync(path.join(unfinished, name), 'x');
    utimesSync(path.join(unfinished, 'old'), 1_000_000, 1_000_000);
    await archive.start();
    expect(readdirSync(unfinished)).toEqual(['new']);
  });

  it('that cannot be written fail, and stop the start by the name of the setting', async () => {
    const archive = new DiskArchive('/dev/null/nowhere', new SystemClock());
    await expect(archive.start()).rejects.toThrow(/^DATA_DIR: \/dev\/null\/nowhere/);
    await expect(archive.put('a', 'b', 'c', bytesOf('x'))).rejects.toMatchObject({
      code: 'store_failed',
      retryable: true,
    });
    await expect(archive.check()).rejects.toMatchObject({ code: 'store_failed' });
  });
});

describe('Azure Blob storage', () => {
  let archive: BlobArchive;
  beforeEach(async () => {
    archive = await blobArchive({ AUDIO_ARCHIVE_TIMEOUT_MS: '600' });
    await archive.start(signal);
  });
  afterEach(async () => {
    blobs.fault = 'none';
    blobs.times = Infinity;
    await archive.close();
  });

  it('that is busy for a moment is asked again', async () => {
    blobs.fault = 503;
    blobs.times = 2;
    const before = blobs.requests;
    await archive.put('acme', 'c1', 'a.wav', bytesOf('x'), 'audio/wav');
    expect(blobs.requests - before).toBe(3);
    expect(await archive.list('acme', 'c1')).toHaveLength(1);
  });

  it.each(['hangs', 'cut', 403, 503] as const)('that %s has failed, for now', async (fault) => {
    blobs.fault = fault;
    const failed = { code: 'store_failed', retryable: true };
    await expect(archive.put('acme', 'c1', 'a.wav', bytesOf('x'), 'audio/wav')).rejects.toMatchObject(failed);
    await expect(archive.list('acme', 'c1')).rejects.toMatchObject(failed);
    await expect(archive.get('acme', 'c1', 'a.wav')).rejects.toMatchObject(failed);
    await expect(archive.check()).rejects.toMatchObject(failed);
  });

  it('is listed some at a time', async () => {
    const patient = await blobArchive({ AUDIO_ARCHIVE_TIMEOUT_MS: '20000' });
    await patient.start(signal);
    for (let i = 0; i < 1100; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, k) => patient.put('acme', `c${i + k}`, 'a.wav', bytesOf('x'), 'audio/wav')),
      );
    const before = blobs.requests;
    const found = new Set<string>();
    for await (const { conversationId } of patient.everywhere()) found.add(conversationId);
    await patient.close();
    expect([found.size, blobs.requests - before]).toEqual([1100, 2]);
  });

  it('that talks nonsense has no list', async () => {
    blobs.fault = 'garbage';
    await expect(archive.list('acme', 'c1')).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('that breaks off while somebody reads breaks the stream', async () => {
    await archive.put('acme', 'c1', 'a.wav', Buffer.alloc(300_000, 'parley'), 'audio/wav');
    blobs.fault = 'half';
    const content = await archive.get('acme', 'c1', 'a.wav');
    await expect(buffer(content!.stream)).rejects.toThrow();
  });

  it('does not tell its key, nor whose audio it is, in errors', async () => {
    const key = Buffer.from('a-key-that-is-wrong').toString('base64');
    const settings = { AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString(key) };
    const refused = await blobArchive(settings);
    const errors = await Promise.all(
      [
        refused.start(signal),
        refused.put('a-tenant', 'a-conversation', 'a-name', bytesOf('x'), 'audio/wav'),
        refused.list('a-tenant', 'a-conversation'),
        refused.get('a-tenant', 'a-conversation', 'a-name'),
      ].map((asked: Promise<unknown>) => asked.then(String, (error: Error) => error.message)),
    );
    expect(errors.map((message) => /403/.test(message))).toEqual([true, true, true, true]);
    expect(errors.join()).not.toMatch(/a-tenant|a-conversation|a-name|AccountKey|Signature|SharedKey/);
    expect(errors.join()).not.toContain(key);
    expect(errors[0]).toMatch(/^AZURE_STORAGE_CONNECTION_STRING: /);
  });

  it.each(['hangs', 'cut', 503] as const)('that %s at the start is used once it is well', async (fault) => {
    const late = await blobArchive({ AUDIO_ARCHIVE_TIMEOUT_MS: '600' });
    blobs.fault = fault;
    await expect(late.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^AZURE_STORAGE_CONNECTION_STRING: /),
      retryable: true,
    });
    blobs.fault = 'none';
    await late.check();
    await late.put('acme', 'c1', 'a.wav', bytesOf('x'), 'audio/wav');
    expect(await late.list('acme', 'c1')).toHaveLength(1);
  });

  it('that refuses our key at the start ends it, by the name of its setting', async () => {
    const key = Buffer.from('a-key-that-is-wrong').toString('base64');
    const refused = await blobArchive({ AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString(key) });
    await expect(refused.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^AZURE_STORAGE_CONNECTION_STRING: .* status 403$/),
      retryable: false,
    });
    // Had it come to that later on, the audio would not be at fault.
    await expect(refused.put('acme', 'c1', 'a.wav', bytesOf('x'), 'audio/wav')).rejects.toMatchObject({
      retryable: true,
    });
  });

  it('that is not there at the start may come', async () => {
    const nowhere = 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;';
    const archive = await blobArchive({
      AZURE_STORAGE_CONNECTION_STRING: nowhere,
      AUDIO_ARCHIVE_TIMEOUT_MS: '500',
    });
    await expect(archive.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^AZURE_STORAGE_CONNECTION_STRING: /),
      retryable: true,
    });
  });
});
