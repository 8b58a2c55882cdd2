import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RedisServer, describeWithRedis, freePort } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { chartProbes } from './chart-probes.js';
import { type Balancing, Haproxy, describeWithHaproxy } from './haproxy.js';
import { NewCallers } from './new-callers.js';
import { PRE_STOP_MS, Platform, type Pod } from './platform.js';
import { RememberingModel } from './remembering-model.js';
import { type Fate, RollingCaller, SPOKEN_NOTE, microphones } from './rolling-caller.js';

const CALLS = 40;
const PLACES = 8;
const DRAIN_LIMIT_MS = 6000;
const EACH_NEW_CALL_MS = 200;
const IN_CONVERSATION_TURNS = 3;
const LOOKS = 20;
const LOOK_MS = 250;
const MOST_FORGOTTEN = 2;
const LEASE_MS = 3000;
const IN_CONVERSATION_MS = 30_000;

const { readiness, liveness, startup } = chartProbes();
const AS_SERVICE: Balancing = { readiness, retries: false };
/** Only who asks often and tries elsewhere loses nobody who calls just when a replica dies. */
const AS_INGRESS: Balancing = { readiness: { ...readiness, periodMs: 500, timeoutMs: 2000 }, retries: true };

/** What a row of the table says. */
interface Outcome {
  readonly what: string;
  readonly callers: readonly RollingCaller[];
  readonly gone: readonly Pod[];
  readonly newCallers: NewCallers;
  readonly restarts: readonly string[];
}

const table: string[][] = [];
const lived = { asked: 0, missed: 0, slowestMs: 0 };

describeWithHaproxy('behind a load balancer', () => {
  afterAll(() => void process.stdout.write(`\n${tableOf(table)}\n\n${conditions()}\n`));

  describeWithRedis('a roll-out', () => {
    let redis: RedisServer;
    let model: RememberingModel;
    let balancer: Haproxy;
    let platform: Platform;
    let newCallers: NewCallers | undefined;
    let muteAll: (() => void) | undefined;
    let callers: RollingCaller[] = [];

    beforeEach(async () => {
      [redis, model] = await Promise.all([RedisServer.start(), RememberingModel.start()]);
    });

    async function behind(balancing: Balancing): Promise<void> {
      balancer = await Haproxy.start(PLACES, balancing);
      platform = new Platform(balancer, {
        ...model.settings,
        REDIS_URL: redis.url,
        REDIS_LEASE_MS: String(LEASE_MS),
        DRAIN_LIMIT_MS: String(DRAIN_LIMIT_MS),
        SHUTDOWN_LIMIT_MS: '5000',
        MAX_CONNECTIONS: '100',
        CONVERSATION_STORE: 'none',
        GREETING: 'off',
        STT_SERVICE_MODELS: 'scripted',
        SCRIPTED_STT_TEXT: `note ${SPOKEN_NOTE}`,
        TTS_SERVICE_MODELS: 'scripted',
        SCRIPTED_TTS_WORD_MS: '150',
        VAD: 'energy',
        // Whatever else this machine is busy with.
        OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
      });
    }

    afterEach(async () => {
      muteAll?.();
      for (const caller of callers) caller.hangUp();
      await newCallers?.stop();
      await platform.stop();
      await Promise.all([balancer.stop(), model.stop(), redis.stop()]);
      newCallers = muteAll = undefined;
      callers = [];
    });

    /** 40 calls, each in its conversation, and more that come. */
    async function inConversation(): Promise<Promise<void>[]> {
      callers = Array.from(
        { length: CALLS },
        (_, number) => new RollingCaller(balancer.url, number, (answer) => model.meaning(answer)),
      );
      for (const caller of callers) await caller.dial();
      muteAll = microphones(callers);
      const talks = callers.map((caller) => caller.talk());
      newCallers = new NewCallers(balancer.url, EACH_NEW_CALL_MS);
      await until(
        'all are in conversation',
        () => callers.every(({ turns, problem }) => turns >= IN_CONVERSATION_TURNS || problem !== undefined),
        IN_CONVERSATION_MS,
      );
      return talks;
    }

    /** Every call comes to its end, after a last turn in which exactly that is known that was ever said in it. */
    async function concluded(what: string, talks: Promise<void>[], gone: Pod[]): Promise<void> {
      for (const caller of callers) caller.end();
      await Promise.all(talks);
      await newCallers!.stop();
      const { kubelet } = platform;
      const outcome: Outcome = { what, callers, gone, newCallers: newCallers!, restarts: kubelet.restarts };
      table.push(rowOf(outcome));
      lived.asked += kubelet.asked;
      lived.missed += kubelet.missed;
      lived.slowestMs = Math.max(lived.slowestMs, kubelet.slowestMs);
      expect(kubelet.restarts).toEqual([]);
      expect(
        callers.flatMap(({ number, problem }) => (problem === undefined ? [] : [`call ${number}: ${problem}`])),
      ).toEqual([]);
      expect({ refusals: newCallers!.refusals, balancer: newCallers!.refusals.length > 0 && balancer.words }).toEqual({
        refusals: [],
        balancer: false,
      });
      expect(newCallers!.places.length).toBeGreaterThan(10);
    }

    const forgotten = (): string[] =>
      callers.flatMap(({ number, forgotten: turns }) => turns.map((turn) => `call ${number}: ${turn}`));
    const fates = (callers: readonly RollingCaller[], gone: readonly Pod[]): Fate[] =>
      callers.map((caller) => caller.fate(gone.map(({ name }) => name)));

    it('cuts no call when one of two replicas is deleted', async () => {
      await behind(AS_SERVICE);
      const [a] = [await platform.createReady(), await platform.createReady()];
      const talks = await inConversation();
      const touched = callers.filter(({ place }) => place === a.name);
      expect(touched.length).toBeGreaterThan(CALLS / 4);
      const deleted = platform.delete(a);
      // Some calls are about to end anyway, on either.
      for (const caller of callers.filter(({ number }) => number % 4 < 2)) caller.end();
      expect(await deleted).toBe(0);
      await concluded('one of two is deleted', talks, [a]);
      expect(forgotten()).toEqual([]);
      expect(fates(touched, [a])).toEqual(expect.arrayContaining(['resumed', 'finished where it was']));
    }, 120_000);

    it('cuts no call when one of two replicas is killed', async () => {
      await behind(AS_INGRESS);
      const [a] = [await platform.createReady(), await platform.createReady()];
      const talks = await inConversation();
      const touched = callers.filter(({ place }) => place === a.name);
      a.signal('SIGKILL');
      expect(await a.exited).toBe('SIGKILL');
      await until('all are elsewhere', () =>
        touched.every(({ place, problem }) => place !== a.name || problem !== undefined),
      );
      await concluded('one of two is killed (kill -9)', talks, [a]);
      // What nobody had the time to write down: the caller sees an event a moment before Redis has the turn.
      expect(forgotten().length).toBeLessThanOrEqual(MOST_FORGOTTEN);
      expect(new Set(fates(touched, [a]))).toEqual(new Set(['resumed']));
    }, 120_000);

    it('cuts no call when all replicas are replaced, one after the other', async () => {
      await behind(AS_SERVICE);
      const old = [await platform.createReady(), await platform.createReady(), await platform.createReady()];
      const talks = await inConversation();
      for (const pod of old) {
        await platform.createReady();
        expect(await platform.delete(pod)).toBe(0);
      }
      await until('all are elsewhere', () =>
        callers.every(({ place, problem }) => !isOn(old, place) || problem !== undefined),
      );
      await concluded('three are replaced, one more meanwhile', talks, old);
      expect(forgotten()).toEqual([]);
      expect(new Set(fates(callers, old))).toEqual(new Set(['resumed']));
    }, 180_000);

    it('is taken back without anybody noticing when the new configuration never becomes ready', async () => {
      await behind(AS_SERVICE);
      await platform.createReady();
      await platform.createReady();
      const talks = await inConversation();
      const invalid = await platform.create({ MAX_CONNECTIONS: 'many' });
      expect(await invalid.exited).toBe(1);
      expect(invalid.output.join('\n')).toContain('MAX_CONNECTIONS');
      const unready = await platform.create(await neverReady());
      await unready.until('it lives', async () => (await unready.probe('health')) === 200);
      for (let look = 0; look < LOOKS; look++) {
        expect(await unready.probe('ready')).toBe(503);
        await pause(LOOK_MS);
      }
      expect(await platform.delete(unready)).toBe(0);
      await concluded('two bad versions are taken back', talks, []);
      expect(new Set(fates(callers, []))).toEqual(new Set(['not touched']));
      expect(newCallers!.places).not.toContain(unready.name);
    }, 120_000);
  });
});

function isOn(pods: readonly Pod[], place: string): boolean {
  return pods.some(({ name }) => name === place);
}

/** A tool server that nobody started, and without which it is not to serve. */
async function neverReady(): Promise<NodeJS.ProcessEnv> {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-never-ready-'));
  const url = `http://127.0.0.1:${await freePort()}/mcp`;
  writeFileSync(path.join(folder, 'away.yaml'), JSON.stringify({ url, allow_private_network: true, tools: ['any'] }));
  return { MCP_DIR: folder, MCP_ENABLED_SERVERS: 'away', MCP_REQUIRED_SERVERS: 'away' };
}

function rowOf({ what, callers, gone, newCallers, restarts }: Outcome): string[] {
  const names = gone.map(({ name }) => name);
  const count = (fate: Fate): string => String(callers.filter((caller) => caller.fate(names) === fate).length);
  const silence = Math.max(...callers.map(({ longestSilenceMs }) => longestSilenceMs));
  return [
    what,
    String(callers.length),
    count('not touched'),
    count('finished where it was'),
    count('resumed'),
    count('cut'),
    String(callers.reduce((sum, { saidAgain }) => sum + saidAgain, 0)),
    String(callers.reduce((sum, { forgotten }) => sum + forgotten.length, 0)),
    String(restarts.length),
    `${(silence / 1000).toFixed(1)} s`,
    String(newCallers.places.length),
    String(newCallers.refusals.length),
    `${(newCallers.slowestMs / 1000).toFixed(1)} s`,
  ];
}

const HEAD =
  'roll-out,calls,not touched,finished there,resumed,cut,said again,forgotten,restarts,longest silence,new calls,refused,slowest'.split(
    ',',
  );

function tableOf(rows: readonly string[][]): string {
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, at) => cell.padEnd(widths[at]!)).join('  ');
  return [HEAD, ...rows].map(line).join('\n');
}

/** What is as in production here, and what is not. */
function conditions(): string {
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const every = ({ periodMs, timeoutMs, failures }: typeof readiness): string =>
    `each ${seconds(periodMs)}, ${seconds(timeoutMs)} to answer, ${failures} in a row count`;
  return [
    `startup (${every(startup)}) and liveness (${every(liveness)}) as in the chart: ${lived.asked} times asked whether one lives, ` +
      `${lived.missed} times not answered, slowest answer ${Math.round(lived.slowestMs)} ms`,
    `readiness as in the chart (${every(readiness)}), and no second try, as behind a Kubernetes Service; where one is killed ` +
      `(${every(AS_INGRESS.readiness)}), and other replicas are tried (conn-failure, empty-response, 503), as an ingress can`,
    `drain limit ${seconds(DRAIN_LIMIT_MS)}, preStop ${seconds(PRE_STOP_MS)}, lease in Redis ${seconds(LEASE_MS)}; scripted speech, a model that takes 0.5 s, ` +
      'energy VAD, no store for conversations, overload by event-loop delay off: other work on this machine does not count',
  ].join('\n');
}
