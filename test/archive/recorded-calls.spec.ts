import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { readWav } from '../../src/audio/wav.js';
import { createApiKey } from '../../src/auth/api-keys.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import { BlobEmulator } from '../fakes/blob/blob-emulator.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

type Headers = Record<string, string>;

/** What `talk` says is not speech to this detector. */
const hurried = { ...withoutSpeech, VAD: 'silero', GREETING: 'off' };

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'parley-recorded-'));
}

function operators(...tenants: string[]): { settings: NodeJS.ProcessEnv; headers: Headers[] } {
  const keys = tenants.map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
  const API_KEYS_FILE = path.join(folder(), 'keys.yaml');
  writeFileSync(API_KEYS_FILE, stringify({ keys: keys.map(({ entry }) => entry) }));
  return { settings: { API_KEYS_FILE }, headers: keys.map(({ key }) => ({ authorization: `Bearer ${key}` })) };
}

/** Says something for half a second and hears an answer. */
async function talk(server: TestServer, headers: Headers = {}): Promise<string> {
  const caller = await TestCaller.dial(server, '', headers);
  const { session_id, sample_rate } = await caller.next('session_started');
  await caller.speak(new Int16Array(sample_rate / 2).fill(900), sample_rate);
  await caller.ask('what is my balance');
  await caller.hangUp();
  return session_id;
}

interface Listed {
  readonly name: string;
  readonly bytes: number;
}

async function list(server: TestServer, id: string, headers: Headers = {}): Promise<Listed[]> {
  const { body } = await server.get(`/api/v1/conversations/${id}/recordings`, headers);
  return body['recordings'] as Listed[];
}

function download(server: TestServer, id: string, name: string, headers: Headers = {}): Promise<Response> {
  return fetch(`${server.url}/api/v1/conversations/${id}/recordings/${name}`, { headers });
}

/** Recordings arrive a moment after the call. */
async function arrived(server: TestServer, id: string, headers: Headers = {}): Promise<Listed[]> {
  let found: Listed[] = [];
  await eventually('a recording is there', async () => (found = await list(server, id, headers)).length > 0);
  return found;
}

async function eventually(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!(await is())) {
    if (performance.now() > giveUpAt) throw new Error(`Not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function recordedIn(server: TestServer, id: string, name: string, headers: Headers = {}): Promise<Int16Array[]> {
  const answer = await download(server, id, name, headers);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/wav']);
  return [...readWav(new Uint8Array(await answer.arrayBuffer())).channels];
}

describe('recorded calls', () => {
  it('can be heard by operators of their own tenant only, also later on', async () => {
    const { settings, headers } = operators('acme', 'bank');
    const [acme, bank] = headers as [Headers, Headers];
    const kept = { ...settings, ...hurried, DATA_DIR: folder() };
    let server = await TestServer.start({ ...kept, CALL_RECORDING: 'stereo' });
    const id = await talk(server, acme);
    await arrived(server, id, acme);
    await server.stop();

    server = await TestServer.start(kept);
    cleanUp.push(() => server.stop());
    const [{ name, bytes }] = (await list(server, id, acme)) as [Listed];
    const [caller, agent] = (await recordedIn(server, id, name, acme)) as [Int16Array, Int16Array];
    expect(bytes).toBe(44 + 4 * caller.length);
    expect(caller.filter((sample) => sample === 900).length).toBeGreaterThan(3500);
    expect(agent.some((sample) => Math.abs(sample) > 500)).toBe(true);

    expect(await list(server, id, bank)).toEqual([]);
    for (const [asked, who] of [
      [name, bank],
      ['000000020.wav', acme],
      ['..%2f..%2fx', acme],
    ] as const)
      expect((await download(server, id, asked, who)).status).toBe(404);
    expect((await download(server, id, name)).status).toBe(401);
    expect((await download(server, id, `${name}?tenant=acme`, bank)).status).toBe(404);

    expect(await server.app.get(Recordings, { strict: false }).removeAll('acme', id)).toBe(1);
    expect(await list(server, id, acme)).toEqual([]);
  });

  it('are not recorded unless that is said', async () => {
    const DATA_DIR = folder();
    const server = await TestServer.start({ ...hurried, DATA_DIR });
    cleanUp.push(() => server.stop());
    const id = await talk(server);
    expect(await list(server, id)).toEqual([]);
    expect(readdirSync(DATA_DIR).filter((name) => !name.startsWith('jobs.'))).toEqual([]);
    const { steps } = (await server.get('/api/v1/startup')).body as { steps: { name: string; summary: string }[] };
    expect(steps.find(({ name }) => name === 'services')!.summary).toContain('calls with agents are not recorded');
  });

  it('go on while Blob storage is away; what was recorded meanwhile is there once it is back, after a restart', async () => {
    const blobs = await BlobEmulator.start();
    cleanUp.push(() => blobs.stop());
    const settings = {
      ...hurried,
      ...blobs.settings,
      CALL_RECORDING: 'stereo',
      DATA_DIR: folder(),
      AUDIO_ARCHIVE_TIMEOUT_MS: '1000',
    };
    const first = await TestServer.start(settings);
    await arrived(first, await talk(first));

    blobs.fault = 'hangs';
    const during = await talk(first);
    const journal = path.join(settings.DATA_DIR, 'journal', 'recordings', 'default', during);
    await eventually('it is in the journal', () => filesIn(journal).length === 1);
    const { status, body } = await first.get('/api/v1/readiness');
    expect([status, body['status']]).toEqual([200, 'degraded']);
    expect((await first.get(`/api/v1/conversations/${during}/recordings`)).status).toBe(503);
    await first.stop();

    blobs.fault = 'none';
    const second = await TestServer.start(settings);
    cleanUp.push(() => second.stop());
    const [{ name }] = (await arrived(second, during)) as [Listed];
    const [caller] = (await recordedIn(second, during, name)) as [Int16Array];
    expect(caller.filter((sample) => sample === 900).length).toBeGreaterThan(3500);
    await eventually('the journal is empty', () => filesIn(journal).length === 0);
  }, 60_000);

  it('are kept from the start, also where Blob storage comes later', async () => {
    const blobs = await BlobEmulator.start();
    cleanUp.push(() => blobs.stop());
    blobs.fault = 503;
    const settings = { ...hurried, ...blobs.settings, CALL_RECORDING: 'stereo', AUDIO_ARCHIVE_TIMEOUT_MS: '1000' };
    const server = await TestServer.start({ ...settings, DATA_DIR: folder() });
    cleanUp.push(() => server.stop());
    const id = await talk(server);
    const { status, body } = await server.get('/api/v1/readiness');
    expect([status, body['status']]).toEqual([200, 'degraded']);
    blobs.fault = 'none';
    await eventually('the archive answers', async () => {
      return (await server.get(`/api/v1/conversations/${id}/recordings`)).status === 200;
    });
    const [{ name }] = (await arrived(server, id)) as [Listed];
    const [caller] = (await recordedIn(server, id, name)) as [Int16Array];
    expect(caller.filter((sample) => sample === 900).length).toBeGreaterThan(3500);
    await eventually('all is well', async () => (await server.get('/api/v1/readiness')).body['status'] === 'ready');
  });

  it('outlive a server that is killed, but for the file in work; nothing that is secret or was said is in its log', async () => {
    const blobs = await BlobEmulator.start();
    cleanUp.push(() => blobs.stop());
    const settings = {
      ...hurried,
      ...blobs.settings,
      CALL_RECORDING: 'stereo',
      RECORDING_PIECE_MS: '1000',
      DATA_DIR: folder(),
      AUDIO_ARCHIVE_TIMEOUT_MS: '300',
      LOG_LEVEL: 'trace',
    };
    const first = await LocalServer.start(settings);
    blobs.fault = 'cut';
    const caller = await TestCaller.dial(first as unknown as TestServer);
    const { session_id: id, sample_rate } = await caller.next('session_started');
    const journal = path.join(settings.DATA_DIR, 'journal', 'recordings', 'default', id);
    const speaking = caller.speak(new Int16Array(sample_rate * 10).fill(900), sample_rate);
    await eventually('two files are in the journal', () => filesIn(journal).length >= 2);
    await first.stop('SIGKILL');
    await speaking;
    const left = filesIn(journal);

    blobs.fault = 'none';
    const second = await LocalServer.start(settings);
    cleanUp.push(() => second.stop());
    await eventually('the journal is empty', () => filesIn(journal).length === 0);
    const server = second as unknown as TestServer;
    const names = (
      (await (await fetch(`${second.url}/api/v1/conversations/${id}/recordings`)).json()) as {
        recordings: Listed[];
      }
    ).recordings.map(({ name }) => name);
    expect(names).toEqual(left.toSorted());
    const [heard] = (await recordedIn(server, id, names[1]!)) as [Int16Array];
    expect(heard.every((sample) => sample === 900)).toBe(true);
    const log = [...first.output, ...second.output].join('\n');
    expect(log).toContain('Recordings are kept in DATA_DIR until they can be written');
    expect(log).not.toMatch(/AccountKey|SharedKey|Eby8vdM02x/);
  }, 60_000);
});

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
