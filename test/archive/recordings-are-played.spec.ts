import { afterEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readWav, writeWav } from '../../src/audio/wav.js';
import { createApiKey } from '../../src/auth/api-keys.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const KEY = randomBytes(32).toString('base64');
const BYTES = 44 + 4 * 3 * 8000;

type Headers = Record<string, string>;

let server: TestServer;
let folder: string;
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const loud = (seconds: number): Int16Array => new Int16Array(8000 * seconds).fill(1234);

/** With a recording of `acme`: a second, a second of nothing, and another one. */
async function start(keys: Record<string, string> = { k1: KEY }): Promise<Record<'acme' | 'bank', Headers>> {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-played-'));
  const [acme, bank] = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
  writeFileSync(path.join(folder, 'keys.yaml'), JSON.stringify({ keys: [acme!.entry, bank!.entry] }));
  await open(keys);
  const files = await server.app.get(Recordings, { strict: false }).files();
  for (const name of ['000000000.wav', '000002000-000003000.wav']) {
    const wav = writeWav({ sampleRate: 8000, channels: [loud(1), new Int16Array(8000).fill(-4321)] });
    await files.put('acme', 'c1', name, wav, 'audio/wav');
  }
  const header = (key: string): Headers => ({ authorization: `Bearer ${key}` });
  return { acme: header(acme!.key), bank: header(bank!.key) };
}

async function open(keys: Record<string, string>, settings: NodeJS.ProcessEnv = {}): Promise<void> {
  const ARCHIVE_KEYS_FILE = path.join(folder, 'archive.yaml');
  const listed = Object.entries(keys).map(([id, key]) => ({ id, key }));
  writeFileSync(ARCHIVE_KEYS_FILE, JSON.stringify({ tenants: { acme: listed } }));
  server = await TestServer.start({
    ...withoutSpeech,
    API_KEYS_FILE: path.join(folder, 'keys.yaml'),
    DATA_DIR: path.join(folder, 'data'),
    ARCHIVE_KEYS_FILE,
    ...settings,
  });
}

const ask = (headers: Headers, more: { method?: string; headers?: Headers } = {}): Promise<Response> =>
  fetch(`${server.url}/api/v1/conversations/c1/recording.wav`, { ...more, headers: { ...headers, ...more.headers } });
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe('the recording of a conversation', () => {
  it('is one file, of which players ask for parts', async () => {
    const { acme, bank } = await start();
    const answer = await ask(acme);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('accept-ranges')]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ]);
    const file = await bytesOf(answer);
    expect([answer.headers.get('content-length'), file.length]).toEqual([String(BYTES), BYTES]);
    const { channels } = readWav(file);
    expect([channels[0]![0], channels[1]![0], channels[0]![12_000], channels[1]![23_999]]).toEqual([
      1234, -4321, 0, -4321,
    ]);

    const etag = answer.headers.get('etag')!;
    for (const [range, start, end] of [
      ['bytes=0-1', 0, 2],
      [`bytes=50000-`, 50_000, BYTES],
      ['bytes=-7', BYTES - 7, BYTES],
    ] as const) {
      const part = await ask(acme, { headers: { range, 'if-range': etag } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/${BYTES}`]);
      expect((await bytesOf(part)).equals(file.subarray(start, end))).toBe(true);
    }
    const beyond = await ask(acme, { headers: { range: `bytes=${BYTES}-` } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${BYTES}`]);
    // It is another recording by now: a part of it is of no use.
    expect((await ask(acme, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })).status).toBe(200);
    const head = await ask(acme, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), (await bytesOf(head)).length]).toEqual([
      200,
      String(BYTES),
      0,
    ]);

    expect((await ask(bank)).status).toBe(404);
    expect((await ask({})).status).toBe(401);
  });

  it('is listed with what of the conversation it has', async () => {
    const { acme, bank } = await start();
    const route = '/api/v1/conversations/c1/recordings';
    const { body } = await server.get(route, acme);
    expect(body).toEqual({
      recordings: [
        { ...piece(0), name: '000000000.wav' },
        { ...piece(2000), name: '000002000-000003000.wav' },
      ],
      duration_ms: 3000,
      seconds: 2,
      gaps: [{ from_ms: 1000, to_ms: 2000 }],
    });
    expect((await server.get(route, bank)).body).toMatchObject({
      recordings: [],
      seconds: 0,
    });
    const one = await fetch(`${server.url}${route}/000002000-000003000.wav`, { headers: acme });
    expect(readWav(await bytesOf(one)).channels[0]).toEqual(loud(1));

    function piece(startMs: number) {
      return {
        bytes: 32_044,
        written_at: expect.any(String),
        start_ms: startMs,
        duration_ms: 1000,
        sample_rate: 8000,
        channels: 2,
        problem: null,
      };
    }
  });

  it('can be read by nobody on the disk, and by us only with its key', async () => {
    const { acme } = await start();
    const data = path.join(folder, 'data', 'audio', 'acme', 'c1');
    const samples = Buffer.from(loud(1).subarray(0, 8).buffer.slice(0, 16));
    for (const name of readdirSync(data)) {
      const bytes = readFileSync(path.join(data, name));
      expect([name.endsWith('.wav.enc'), bytes.includes('RIFF'), bytes.includes(samples)]).toEqual([
        true,
        false,
        false,
      ]);
    }
    await server.stop();
    await open({ k2: randomBytes(32).toString('base64'), k1: KEY });
    expect((await ask(acme)).status).toBe(200);
    await server.stop();
    await open({ k2: randomBytes(32).toString('base64') });
    const locked = await ask(acme);
    const message = 'It was encrypted with the key "k1", which ARCHIVE_KEYS_FILE does not have';
    expect([locked.status, await locked.json()]).toEqual([409, { error: { code: 'key_missing', message } }]);
    const { body } = await server.get('/api/v1/conversations/c1/recordings', acme);
    expect(body).toMatchObject({ recordings: [{ name: '000000000.wav', problem: message }, { problem: message }] });
  });

  it('cannot be read either while it waits for an archive that is away', async () => {
    await start();
    await server.stop();
    await open(
      { k1: KEY },
      {
        AUDIO_ARCHIVE: 'blob',
        AZURE_STORAGE_CONNECTION_STRING:
          'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;',
        AUDIO_ARCHIVE_TIMEOUT_MS: '300',
      },
    );
    const piece = writeWav({ sampleRate: 8000, channels: [loud(1)] });
    const key = { tenant: 'acme', conversationId: 'c2', name: '000000000.wav' };
    expect(await server.app.get(Recordings, { strict: false }).deliver(key, piece)).toBe('journaled');
    const journal = path.join(folder, 'data', 'journal', 'recordings', 'acme', 'c2');
    expect(readdirSync(journal)).toEqual(['000000000.wav.enc']);
    expect(readFileSync(path.join(journal, '000000000.wav.enc')).includes('RIFF')).toBe(false);
  });
});
