import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ArchiveKeys } from './archive-keys.js';
import { EncryptedArchive } from './encrypted-archive.js';
import { ScriptedArchive } from './testing/scripted-archive.js';

const key = (): string => randomBytes(32).toString('base64');
const [KEY_A, KEY_B, KEY_C] = [key(), key(), key()];

function keysOf(tenants: Record<string, [id: string, key: string][]>, env: NodeJS.ProcessEnv = {}): ArchiveKeys {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-keys-')), 'keys.yaml');
  const listed = Object.entries(tenants).map(([tenant, keys]) => [
    tenant,
    keys.map(([id, value]) => ({ id, key: value })),
  ]);
  writeFileSync(file, JSON.stringify({ tenants: Object.fromEntries(listed) as unknown }));
  return ArchiveKeys.read(file, '/', env);
}

describe('audio that is encrypted', () => {
  let inner: ScriptedArchive;
  let archive: EncryptedArchive;
  beforeEach(() => {
    inner = new ScriptedArchive();
    archive = new EncryptedArchive(inner, keysOf({ acme: [['a', KEY_A]], '*': [['c', KEY_C]] }));
  });

  const put = (bytes: Uint8Array, tenant = 'acme', id = 'c1', name = 'x.wav', to = archive): Promise<void> =>
    to.put(tenant, id, name, bytes, 'audio/wav');
  const contentOf = async (tenant = 'acme', id = 'c1', name = 'x.wav', of = archive): Promise<Buffer | undefined> => {
    const content = await of.get(tenant, id, name);
    return content && (await buffer(content.stream));
  };

  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 300_001])('comes back as it was: %i bytes', async (length) => {
    const bytes = randomBytes(length);
    await put(bytes);
    expect(await contentOf()).toEqual(bytes);
    expect((await archive.get('acme', 'c1', 'x.wav'))!.bytes).toBe(length);
  });

  it('cannot be read where it lies, and is never written in the same way twice', async () => {
    const bytes = Buffer.alloc(200_000, 'nobody is to hear this');
    await put(bytes);
    const [name, first] = [...inner.kept][0]!;
    expect(name).toBe('acme/c1/x.wav.enc');
    for (const text of ['nobody', 'hear', 'RIFF', KEY_A]) expect(Buffer.from(first).includes(text)).toBe(false);
    await put(bytes);
    const second = Buffer.from(inner.kept.get(name)!);
    expect(second.subarray(72, 1000)).not.toEqual(Buffer.from(first).subarray(72, 1000));
  });

  it.each([
    ['changed at the beginning', (sealed: Buffer) => (sealed[100]! ^= 1)],
    ['changed at the end', (sealed: Buffer) => (sealed[sealed.length - 1]! ^= 1)],
    ['given another salt', (sealed: Buffer) => (sealed[50]! ^= 1)],
  ])('is not given out when it was %s', async (_, change) => {
    await put(randomBytes(200_000));
    const sealed = Buffer.from(inner.kept.get('acme/c1/x.wav.enc')!);
    change(sealed);
    inner.kept.set('acme/c1/x.wav.enc', sealed);
    await expect(contentOf()).rejects.toMatchObject({ code: 'store_failed', retryable: false });
  });

  it.each([0, 10, 72, 80, 65_624, 65_640, 199_000])(
    'is not given out when it was cut off after %i bytes',
    async (length) => {
      await put(randomBytes(200_000));
      inner.kept.set('acme/c1/x.wav.enc', inner.kept.get('acme/c1/x.wav.enc')!.subarray(0, length));
      await expect(contentOf()).rejects.toMatchObject({ code: 'store_failed', retryable: false });
    },
  );

  it.each([
    ['bank', 'c1', 'x.wav'],
    ['acme', 'c2', 'x.wav'],
    ['acme', 'c1', 'y.wav'],
  ])('is not given out in another place: %s/%s/%s', async (tenant, id, name) => {
    const shared = new EncryptedArchive(inner, keysOf({ '*': [['c', KEY_C]] }));
    await put(randomBytes(1000), 'acme', 'c1', 'x.wav', shared);
    inner.kept.set(`${tenant}/${id}/${name}.enc`, inner.kept.get('acme/c1/x.wav.enc')!);
    await expect(contentOf(tenant, id, name, shared)).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('is not given out with its chunks in another order', async () => {
    await put(randomBytes(200_000));
    const sealed = Buffer.from(inner.kept.get('acme/c1/x.wav.enc')!);
    const [first, second] = [sealed.subarray(72, 65_624), sealed.subarray(65_624, 131_176)].map((part) =>
      Buffer.from(part),
    );
    inner.kept.set(
      'acme/c1/x.wav.enc',
      Buffer.concat([sealed.subarray(0, 72), second!, first!, sealed.subarray(131_176)]),
    );
    await expect(contentOf()).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('stays readable when another key takes the place of its own, which still has to be there', async () => {
    await put(Buffer.from('old'));
    const rotated = new EncryptedArchive(
      inner,
      keysOf({
        acme: [
          ['b', KEY_B],
          ['a', KEY_A],
        ],
      }),
    );
    await put(Buffer.from('new'), 'acme', 'c1', 'y.wav', rotated);
    expect((await contentOf('acme', 'c1', 'x.wav', rotated))?.toString()).toBe('old');
    const without = new EncryptedArchive(inner, keysOf({ acme: [['b', KEY_B]] }));
    expect((await contentOf('acme', 'c1', 'y.wav', without))?.toString()).toBe('new');
    expect(await without.list('acme', 'c1')).toMatchObject([{ name: 'x.wav', bytes: 3 }, { name: 'y.wav' }]);
    await expect(without.get('acme', 'c1', 'x.wav')).rejects.toMatchObject({
      code: 'key_missing',
      message: expect.stringContaining('"a"'),
    });
    await expect(new EncryptedArchive(inner, ArchiveKeys.none).get('acme', 'c1', 'y.wav')).rejects.toThrow('"b"');
  });

  it('is beside what was not encrypted yet, which stays readable', async () => {
    await inner.put('acme', 'c1', 'x.wav', Buffer.from('plain'));
    await inner.put('acme', 'c1', 'y.wav', Buffer.from('plain, too'));
    await put(Buffer.from('sealed'));
    expect(await archive.list('acme', 'c1')).toMatchObject([
      { name: 'x.wav', bytes: 6 },
      { name: 'y.wav', bytes: 10 },
    ]);
    expect((await contentOf())?.toString()).toBe('sealed');
    expect((await contentOf('acme', 'c1', 'y.wav'))?.toString()).toBe('plain, too');
    await archive.remove('acme', 'c1', 'x.wav');
    expect([...inner.kept.keys()]).toEqual(['acme/c1/y.wav']);
  });

  it('has the key of its tenant, or the one for all others', async () => {
    await put(Buffer.from('1'));
    await put(Buffer.from('2'), 'bank');
    const idIn = (name: string): string => Buffer.from(inner.kept.get(name)!).toString('latin1', 8, 9);
    expect([idIn('acme/c1/x.wav.enc'), idIn('bank/c1/x.wav.enc')]).toEqual(['a', 'c']);
    const some = new EncryptedArchive(inner, keysOf({ acme: [['a', KEY_A]] }));
    await put(Buffer.from('3'), 'other', 'c1', 'x.wav', some);
    expect(inner.kept.has('other/c1/x.wav')).toBe(true);
  });
});

describe('the file of keys', () => {
  it('may name variables of the environment', () => {
    expect(keysOf({ acme: [['a', '${MY_KEY}']] }, { MY_KEY: KEY_A }).sealing('acme')?.bytes.length).toBe(32);
  });

  it('is refused with all that is wrong with it, and without what is in it', () => {
    const short = randomBytes(31).toString('base64');
    const refused = (): ArchiveKeys =>
      keysOf({
        acme: [
          ['a', short],
          ['b', 'not base64!'],
        ],
        bank: [
          ['a', KEY_A],
          ['d', '${NO_SUCH}'],
        ],
      });
    expect(refused).toThrow(/tenants\.acme\.0\.key: must be 32 bytes/);
    expect(refused).toThrow(/tenants\.acme\.1\.key: must be 32 bytes/);
    expect(refused).toThrow(/tenants\.bank\.0\.id: there are two keys named a/);
    expect(refused).toThrow(/tenants\.bank\.1\.key: the environment has no NO_SUCH/);
    expect(refused).not.toThrow(new RegExp(`not base64|${short.slice(0, 20).replace(/[+/]/g, '.')}`));
    expect(() => ArchiveKeys.read('none.yaml', '/nowhere', {})).toThrow(
      'ARCHIVE_KEYS_FILE: there is no /nowhere/none.yaml',
    );
    expect(() => keysOf({ acme: [] })).toThrow('tenants.acme');
  });
});
