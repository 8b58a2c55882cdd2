import { parseRedisUrl } from '../../../config/redis-url.js';
import { RedisConfig } from '../../../config/redis.config.js';
import { WebhooksConfig } from '../../../config/webhooks.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { messageOf } from '../../../kernel/errors.js';
import { RedisKeys } from '../../../state/redis/redis-keys.js';
import { RedisLink } from '../../../state/redis/redis-link.js';
import { Replica } from '../../../state/replica.js';
import { skewFindings } from '../clock-skew.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { answersOtherwise } from '../redis-scheme.js';

const SETTINGS = ['REDIS_URL', 'REDIS_CONNECT_TIMEOUT_MS', 'REDIS_COMMAND_TIMEOUT_MS'];
const OLDEST = [6, 2] as const;
const SLOW_MS = 50;
const TRIPS = 5;
const BETWEEN_TRIPS_MS = 100;
const NEARLY_FULL = 0.9;
/** Connecting is tried three times, with pauses. */
const PAUSES_MS = 2000;

/** Connects as the server does, which writes, runs a script and listens on a channel; then asks what kind of Redis it is. */
export function redisChecks(deployment: Deployment): Check[] {
  const config = deployment.section(RedisConfig);
  if (config.url === '') return [];
  const limitMs = PAUSES_MS + 7 * config.connectTimeoutMs + 4 * config.commandTimeoutMs;
  return [{ about: 'redis', settings: SETTINGS, limitMs, examine: (signal) => examine(deployment, config, signal) }];
}

async function examine(deployment: Deployment, config: RedisConfig, signal: AbortSignal): Promise<Finding[]> {
  const link = new RedisLink(config, new RedisKeys(config.prefix), `doctor-${new Replica().id}`, deployment.clock);
  try {
    await link.start(signal);
  } catch (error) {
    // "REDIS_URL redis://…: what is wrong (tried …). What to do"
    const [, says = messageOf(error), advice = ''] =
      /^REDIS_URL (.*\(tried [^)]*\))\. (.*)$/.exec(messageOf(error)) ?? [];
    return [(await schemeFinding(link.address, config, signal)) ?? problem(says, ['REDIS_URL'], advice)];
  }
  try {
    // Users of an ACL often may not ask for it.
    const info = parsed(await link.run((client) => client.info()).catch(() => ''));
    return [
      ...(await reachFindings(
        link,
        info.get('redis_version') ?? (await versionByHello(link)),
        deployment.clock,
        signal,
      )),
      ...placeFindings(info),
      ...keepingFindings(info, await link.run(savePoints).catch(() => undefined), isLastCopy(deployment)),
    ];
  } finally {
    await link.close();
  }
}

async function schemeFinding(
  address: string,
  { url, connectTimeoutMs }: RedisConfig,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const place = parseRedisUrl(url)!;
  if (!(await answersOtherwise(place, AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]))))
    return undefined;
  return place.tls
    ? problem(
        say`${address}: it answers without TLS only`,
        ['REDIS_URL'],
        'Begin it with redis://, or let it speak TLS',
      )
    : problem(say`${address}: it answers with TLS only`, ['REDIS_URL'], 'Begin it with rediss://');
}

async function reachFindings(
  link: RedisLink,
  version: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding[]> {
  // What we, or this machine, were busy with at one moment is not its fault.
  const trips = [];
  for (let count = 0; count < TRIPS; count++) {
    trips.push(await trip(link, clock));
    await clock.delay(BETWEEN_TRIPS_MS, signal);
  }
  const { tripMs, theirs, ours } = trips.reduce((best, one) => (one.tripMs < best.tripMs ? one : best));
  const findings = [
    ok(
      say`${link.address}, version ${version ?? 'unknown'}: values, scripts and channels work; it answers in ${tripMs.toFixed(1)} ms`,
    ),
  ];
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? OLDEST;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    findings.push(
      problem(
        say`version ${version ?? 'unknown'} is too old`,
        ['REDIS_URL'],
        `Use Redis ${OLDEST.join('.')} or newer, or Valkey`,
      ),
    );
  if (tripMs > SLOW_MS)
    findings.push(warning(say`it is far away, or busy`, ['REDIS_URL'], 'Use one in the same region and network'));
  return [...findings, ...skewFindings('Redis', theirs, ours)];
}

async function trip(link: RedisLink, clock: Clock): Promise<{ tripMs: number; theirs: number; ours: number }> {
  const startedAt = clock.now();
  const [seconds, microseconds] = await link.run((client) => client.time());
  const tripMs = clock.now() - startedAt;
  const theirs = Number(seconds) * 1000 + Number(microseconds) / 1000;
  return { tripMs, theirs, ours: clock.wallTime() - tripMs / 2 };
}

function placeFindings(info: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  if (info.get('role') === 'slave')
    findings.push(
      problem(
        say`it is a copy that takes writes, which are lost when it catches up with the primary`,
        ['REDIS_URL'],
        'Name the primary',
      ),
    );
  if (info.get('redis_mode') === 'cluster')
    findings.push(
      problem(
        say`it is a node of a cluster, and the cluster protocol is not spoken`,
        ['REDIS_URL'],
        'Use a single node, or a service that puts one endpoint in front of the cluster',
      ),
    );
  return findings;
}

function keepingFindings(
  info: ReadonlyMap<string, string>,
  saves: boolean | undefined,
  isTheOnlyCopy: boolean,
): Finding[] {
  const findings: Finding[] = [];
  const policy = info.get('maxmemory_policy');
  if (policy === undefined)
    findings.push(
      warning(
        say`its eviction policy cannot be read with these rights`,
        ['REDIS_URL'],
        'See to it that maxmemory-policy is noeviction, or allow INFO',
      ),
    );
  else if (policy !== 'noeviction')
    findings.push(
      warning(
        say`maxmemory-policy is ${policy}: when it is full it forgets sessions to come back to, and jobs`,
        ['REDIS_URL'],
        'Set maxmemory-policy noeviction',
      ),
    );
  const [used, most] = [Number(info.get('used_memory') ?? 0), Number(info.get('maxmemory') ?? 0)];
  if (most > 0 && used > NEARLY_FULL * most)
    findings.push(warning(say`its memory is nearly full`, ['REDIS_URL'], 'Give it more memory, or the others less'));
  const persists = info.get('aof_enabled') === '1' || saves === true;
  if (info.get('rdb_last_bgsave_status') === 'err' || info.get('aof_last_write_status') === 'err')
    findings.push(problem(say`it cannot write to its disk`, ['REDIS_URL'], 'Give it room: it may refuse writes soon'));
  if (isTheOnlyCopy && info.has('aof_enabled') && saves !== undefined && !persists)
    findings.push(
      warning(
        say`nothing it has outlives a restart: webhooks and voices that wait their turn are lost with it`,
        ['REDIS_URL', 'WEBHOOKS_FILE', 'SPEAKER_ID'],
        'Turn on appendonly (or save) where that matters',
      ),
    );
  return findings;
}

/** Jobs of which nothing else knows: conversations are found again, these are not. */
function isLastCopy(deployment: Deployment): boolean {
  return deployment.section(WebhooksConfig).file !== '';
}

async function savePoints(client: { config(command: 'GET', name: string): Promise<unknown> }): Promise<boolean> {
  const [, points] = (await client.config('GET', 'save')) as [string, string];
  return points !== '';
}

async function versionByHello(link: RedisLink): Promise<string | undefined> {
  const answer = await link.run((client) => client.call('HELLO')).catch(() => undefined);
  if (!Array.isArray(answer)) return undefined;
  const version: unknown = answer[answer.indexOf('version') + 1];
  return typeof version === 'string' ? version : undefined;
}

function parsed(info: string): ReadonlyMap<string, string> {
  const lines = info.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
