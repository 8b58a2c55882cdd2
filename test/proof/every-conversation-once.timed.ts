import { afterEach, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalServer } from '../../src/cli/local-server.js';
import type { ConversationRecord } from '../../src/services/conversations/conversation-record.js';
import { describeWithRedis, freePort, RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ListeningDesk, type DeskPlan, type SeenConversation } from './listening-desk.js';
import { WebhookReceiver, WEBHOOK_SECRET } from './webhook-receiver.js';

const DESKS = 50;
const SECONDS = 60;
const PUSHER_KILLS = 10;
const START_ATTEMPTS = 10;
/** For what was left behind to be found, and all of it to be read. */
const SETTLE_LIMIT_MS = 90_000;
const AUDIT_LIMIT_MS = 30_000;

const SUMMARY = {
  title: 'A call',
  overview: 'Somebody called.',
  disposition: 'resolved',
  action_items: [],
  entities: [],
  sentiment: { agent: 'neutral', customer: 'neutral' },
};

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

/** A process that is killed and started again, on the same port: also when it ends because Redis is away. */
class Mortal {
  kills = 0;
  private server: LocalServer | undefined;

  constructor(private readonly env: NodeJS.ProcessEnv) {
    cleanUp.push(() => this.server?.stop('SIGKILL'));
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.server = await LocalServer.start(this.env);
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
        await pause(500);
      }
    }
  }

  async killAndRestart(): Promise<void> {
    await this.server?.stop('SIGKILL');
    this.kills++;
    await this.start();
  }

  /** What its log says of jobs, links and the like, when something went wrong. */
  get output(): readonly string[] {
    return this.server?.output ?? [];
  }
}

/** Who speaks when: no two alike, some with a silence in the middle that ends a conversation. */
function planOf(desk: number): DeskPlan {
  const turns = ['aacc.', 'acac.', 'aa.cc', 'abcc.'][desk % 4]!.repeat(SECONDS);
  const script =
    desk % 5 === 0 ? `${turns.slice(0, 20)}${'.'.repeat(12)}${turns.slice(0, SECONDS - 32)}` : turns.slice(0, SECONDS);
  return {
    script,
    endsWith: desk % 2 === 0 ? 'end' : 'close',
    ...(desk % 3 === 0 && { breaksOffAt: 10 + (desk % 30) }),
  };
}

describeWithRedis('whatever dies while fifty calls are listened to', () => {
  it(
    'each conversation is processed, once, and no second of audio is missing without being announced',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'parley-proof-'));
      cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
      // Conversations would be found without it, too; webhooks that wait to be sent would not.
      const redis = await RedisServer.start({ args: ['--appendonly', 'yes'] });
      cleanUp.push(() => redis.stop());
      const receiver = await WebhookReceiver.start();
      cleanUp.push(() => receiver.stop());
      const [pusherPort, ...voicePorts] = await Promise.all([freePort(), freePort(), freePort()]);
      const network = await TcpProxy.start(pusherPort);
      cleanUp.push(() => network.stop());

      const webhooks = path.join(folder, 'webhooks.yaml');
      writeFileSync(
        webhooks,
        `endpoints: [{name: crm, url: "${receiver.url}", secrets: ["${WEBHOOK_SECRET}"], allow_private_network: true}]`,
      );
      const shared = {
        DATA_DIR: folder,
        CONVERSATION_STORE: 'sqlite',
        REDIS_URL: redis.url,
        MAX_CONNECTIONS: '60',
        STT_SERVICE_MODELS: 'scripted',
        TTS_SERVICE_MODELS: 'scripted',
        VAD: 'energy',
        LLM_MODELS: 'scripted',
        SCRIPTED_LLM_TEXT: JSON.stringify(SUMMARY),
        SCRIPTED_LLM_DELAY_MS: '700',
        LLM_FIRST_TOKEN_MS: '5000',
        PUSHER_SECRET: 'a secret of this test only'.replaceAll(' ', '-'),
        PUSHER_BACKOFF_MS: '200',
        PUSHER_BACKOFF_MAX_MS: '2000',
        PUSHER_PROBE_MS: '1000',
        PUSHER_BREAKER_OPEN_MS: '1000',
        PUSHER_HEARTBEAT_MS: '2000',
        JOB_LEASE_MS: '3000',
        JOB_RETRY_MS: '500',
        JOB_RETRY_MAX_MS: '5000',
        JOB_ATTEMPTS: '50',
        JOB_CONCURRENCY: '20',
        RECONCILE_MS: '2000',
        RECORDING_AUDIT_MS: '12000',
        ABANDONED_MS: '40000',
        LISTEN_CONVERSATION_TIMEOUT_MS: '8000',
        LISTEN_POLL_MS: '500',
        LISTEN_AUDIO: 'on',
        LISTEN_AUDIO_BATCH_MS: '5000',
        OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
      };
      const pusher = new Mortal({
        ...shared,
        PARLEY_ROLE: 'pusher',
        PORT: String(pusherPort),
        WEBHOOKS_FILE: webhooks,
      });
      const listeners = voicePorts.map(
        (port) =>
          new Mortal({
            ...shared,
            PARLEY_ROLE: 'voice',
            PORT: String(port),
            PUSHER_URL: `ws://127.0.0.1:${network.port}`,
          }),
      );
      await Promise.all([pusher, ...listeners].map((process) => process.start()));
      const urlOf = (number: number): string => `http://127.0.0.1:${voicePorts[number % voicePorts.length]}`;

      const desks = Array.from({ length: DESKS }, (_, index) => {
        const desk = new ListeningDesk(`desk ${index}`, () => urlOf(index), planOf(index));
        return desk;
      });
      const at = async (second: number, work: () => unknown): Promise<void> => {
        await pause(second * 1000);
        await work();
      };
      await Promise.all([
        ...desks.map((desk) => desk.run()),
        (async () => {
          for (let kill = 0; kill < PUSHER_KILLS; kill++) {
            await pause(4500);
            await pusher.killAndRestart();
          }
        })(),
        at(30, () => listeners[1]!.killAndRestart()),
        at(22, async () => {
          await redis.kill();
          await pause(1500);
          await redis.restart();
        }),
        at(15, async () => {
          network.refuse();
          await pause(3000);
          network.heal();
        }),
        at(41, () => network.cut()),
      ]);

      const said = desks
        .flatMap((desk) => [...desk.conversations.values()])
        .filter(({ segments }) => segments.size > 0);
      const records = await settled(urlOf(0), said);
      const processed = records.filter(({ insights }) => insights !== undefined);
      const readings = processed.map(({ id }) => receiver.readingsOf(id));
      const audio = await settledAudio(urlOf(0), said, desks);
      const report = {
        desks: DESKS,
        connections: desks.reduce((sum, { connections }) => sum + connections, 0),
        pusher_kills: pusher.kills,
        listener_kills: listeners.reduce((sum, { kills }) => sum + kills, 0),
        conversations_in: said.length,
        conversations_processed: processed.length,
        processed_more_than_once: readings.filter((count) => count > 1).length,
        told_by_webhook: readings.filter((count) => count > 0).length,
        webhook_requests: receiver.requests,
        workers_that_began: processed.reduce((sum, { processing }) => sum + (processing?.epoch ?? 0), 0),
        ...audio,
      };
      process.stdout.write(`\n${JSON.stringify(report, null, 2)}\n`);
      expect(report).toMatchObject({
        pusher_kills: PUSHER_KILLS,
        listener_kills: 1,
        conversations_processed: said.length,
        processed_more_than_once: 0,
        told_by_webhook: said.length,
        seconds_missing: 0,
      });
      for (const { insights, status } of records) expect([insights?.generation, status]).toEqual([1, 'completed']);
    },
    (SECONDS + 60) * 1000 + SETTLE_LIMIT_MS,
  );
});

/** As the store has them, once all of them have been read. */
async function settled(url: string, said: readonly SeenConversation[]): Promise<ConversationRecord[]> {
  const giveUpAt = Date.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const records = await Promise.all(said.map(({ id }) => conversation(url, id)));
    const left = records.filter((record) => record?.status !== 'completed');
    if (left.length === 0) return records as ConversationRecord[];
    if (Date.now() > giveUpAt) {
      const states = left.map((record) => (record ? `${record.id} ${record.status}` : 'gone'));
      throw new Error(`${left.length} of ${said.length} are not processed: ${states.join(', ')}`);
    }
    await pause(500);
  }
}

async function conversation(url: string, id: string): Promise<ConversationRecord | undefined> {
  const response = await fetch(`${url}/api/v1/conversations/${id}`);
  return response.ok ? ((await response.json()) as ConversationRecord) : undefined;
}

/** Once it has been written down what is missing. */
async function settledAudio(
  url: string,
  said: readonly SeenConversation[],
  desks: readonly ListeningDesk[],
): Promise<Record<string, number>> {
  const giveUpAt = Date.now() + AUDIT_LIMIT_MS;
  for (;;) {
    const audio = await audioOf(url, await settled(url, said), desks);
    if (audio['seconds_missing'] === 0 || Date.now() > giveUpAt) return audio;
    await pause(1000);
  }
}

/** Audio that was sent, against what is archived and what is said to be missing. */
async function audioOf(
  url: string,
  records: readonly ConversationRecord[],
  desks: readonly ListeningDesk[],
): Promise<Record<string, number>> {
  const sent = new Map(
    desks.flatMap((desk) => [...desk.conversations.values()]).map((seen) => [seen.id, seen.seconds]),
  );
  const sums = { seconds_in: 0, seconds_archived: 0, seconds_announced_missing: 0, seconds_missing: 0 };
  for (const { id, listened } of records) {
    const response = await fetch(`${url}/api/v1/conversations/${id}/recordings`);
    const { recordings } = (await response.json()) as { recordings: Piece[] };
    const seconds = unionOf(recordings.map(spanOf));
    const announced = unionOf((listened?.gaps ?? []).filter((gap) => gap.of !== 'transcript'));
    const missing = (sent.get(id) ?? 0) - seconds - announced;
    sums.seconds_in += sent.get(id) ?? 0;
    sums.seconds_archived += seconds;
    sums.seconds_announced_missing += announced;
    // What is on its way when a connection breaks or a conversation begins is counted by one side only.
    if (missing > TOLERANCE_S) sums.seconds_missing += missing;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, Math.round(value * 10) / 10]));
}

const TOLERANCE_S = 1;

/** WAV, PCM16, both sides. */
const BYTES_PER_SECOND = 8000 * 2 * 2;
const HEADER_BYTES = 44;

interface Piece {
  /** Milliseconds since the conversation began. */
  readonly name: string;
  readonly bytes: number;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function spanOf({ name, bytes }: Piece): Span {
  const start = Number.parseInt(name, 10) / 1000;
  return { start, end: start + (bytes - HEADER_BYTES) / BYTES_PER_SECOND };
}

function unionOf(spans: readonly Span[]): number {
  let sum = 0;
  let until = 0;
  for (const { start, end } of [...spans].sort((one, other) => one.start - other.start)) {
    sum += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return sum;
}
