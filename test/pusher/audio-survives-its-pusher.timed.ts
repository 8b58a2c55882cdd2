import { afterEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readWav } from '../../src/audio/wav.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { ConversationsConfig } from '../../src/config/conversations.config.js';
import { loadConfig } from '../../src/config/load.js';
import { Chance } from '../../src/kernel/chance.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import { MemoryKeyValueStore } from '../../src/state/store/memory-key-value-store.js';
import { withoutSpeech } from '../support/test-server.js';
import { speech } from './audio-bench.js';
import { Happenings } from './happenings.js';
import { LinkEar, SECRET, START, pusherConfig } from './link-bench.js';

const LONG_MS = 180_000;
const FRAME_MS = 200;
const KILLS = 4;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

async function storeOf(DATA_DIR: string): Promise<Conversations> {
  const clock = new SystemClock();
  const config = loadConfig({ DATA_DIR }).values.get(ConversationsConfig) as ConversationsConfig;
  const conversations = new Conversations(config, new MemoryKeyValueStore(clock), clock);
  await conversations.start(new AbortController().signal);
  return conversations;
}

describe('audio of a call', () => {
  it('is there to the last sample although its pusher was killed again and again', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-killed-'));
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
    const ARCHIVE_KEYS_FILE = path.join(folder, 'keys.yaml');
    const key = { id: 'k1', key: randomBytes(32).toString('base64') };
    writeFileSync(ARCHIVE_KEYS_FILE, JSON.stringify({ tenants: { '*': [key] } }));
    const settings = {
      PARLEY_ROLE: 'pusher',
      PUSHER_SECRET: SECRET,
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: path.join(folder, 'data'),
      ARCHIVE_KEYS_FILE,
      LISTEN_AUDIO_BATCH_MS: '5000',
    };
    const conversations = await storeOf(settings.DATA_DIR);
    cleanUp.push(() => conversations.stop());
    const startedAt = new Date(START).toISOString();
    // There is nothing in them: if they were not read already, they would be discarded.
    const facts = { tenant: 'default', startedAt, kind: 'listen', status: 'completed' } as const;
    for (const id of ['c1', 'c2']) await conversations.change('default', id, () => record(id, [], facts));

    let pusher: LocalServer | undefined = await LocalServer.start(settings);
    cleanUp.push(() => pusher?.stop('SIGKILL'));
    const links = new WsPusherLinks({
      config: pusherConfig({ backoffMs: 50, backoffMaxMs: 200, maxReconnectAttempts: 1000, breakerFailures: 1000 }),
      clock: new SystemClock(),
      chance: new Chance(1),
      secret: SECRET,
      urlFor: () => {
        const query = 'session=s1&tenant=default&sample_rate=8000&channels=2';
        return pusher && new URL(`${pusher.url.replace(/^http/, 'ws')}/api/v1/pusher/ws?${query}`);
      },
    });
    const ear = new LinkEar(new Happenings());
    const link = links.open({ sessionId: 's1', tenant: 'default', sampleRate: 8000, channels: 2, listener: ear });

    const speaking = (async () => {
      for (let at = 0; at < LONG_MS; at += FRAME_MS) {
        if (at === 0) link.setConversation('c1');
        if (at === LONG_MS / 2) link.setConversation('c2');
        link.sendAudio(START + at, speech(at, at + FRAME_MS));
        await pause(10);
      }
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(700 + 300 * kill);
      const dying = pusher;
      pusher = undefined;
      await dying.stop('SIGKILL');
      pusher = await LocalServer.start(settings);
    }
    await speaking;
    await link.close(30_000);
    await links.idle();
    expect([ear.lost, links.snapshot().audio_bytes]).toEqual([[], 0]);
    expect(ear.states.filter((state) => state === 'connected').length).toBeGreaterThan(KILLS);

    // As an operator gets it, from a process that takes calls.
    const server = await LocalServer.start({ ...settings, ...withoutSpeech, PARLEY_ROLE: 'all' });
    cleanUp.push(() => server.stop());
    let seconds = 0;
    for (const [id, fromMs, toMs] of [
      ['c1', 0, LONG_MS / 2],
      ['c2', LONG_MS / 2, LONG_MS],
    ] as const) {
      const url = `${server.url}/api/v1/conversations/${id}`;
      const file = await (await fetch(`${url}/recording.wav`)).arrayBuffer();
      const said = speech(fromMs, toMs);
      for (const [channel, samples] of readWav(new Uint8Array(file)).channels.entries()) {
        expect(samples.length).toBe(toMs * 8);
        expect(samples.subarray(0, fromMs * 8).every((sample) => sample === 0)).toBe(true);
        expect(samples.subarray(fromMs * 8).every((sample, i) => sample === said[2 * i + channel])).toBe(true);
      }
      seconds += ((await (await fetch(`${url}/recordings`)).json()) as { seconds: number }).seconds;
    }
    expect(seconds).toBe(LONG_MS / 1000);
    const names = readdirSync(path.join(settings.DATA_DIR, 'audio', 'default', 'c1'));
    expect(names.every((name) => name.endsWith('.wav.enc'))).toBe(true);
  }, 120_000);
});
