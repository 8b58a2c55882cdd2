import { randomUUID } from 'node:crypto';
import { PusherConfig } from '../../../config/pusher.config.js';
import { CloseCode } from '../../../kernel/close-codes.js';
import { PUSHER_PATH } from '../../../pusher/link/pusher-address.js';
import { PusherConnection } from '../../../pusher/link/pusher-connection.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say } from '../finding.js';

const HEARTBEAT_MS = 60_000;

/** A pusher elsewhere is connected to, with our secret, until it says that it is ready. */
export function pusherChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(PusherConfig);
  if (config.url === '') return [];
  return [
    {
      about: 'pusher',
      settings: ['PUSHER_URL'],
      limitMs: config.connectTimeoutMs + 1000,
      examine: () => examine(config, deployment),
    },
  ];
}

async function examine(
  { url: origin, secret, connectTimeoutMs }: PusherConfig,
  { clock }: Deployment,
): Promise<Finding[]> {
  const url = new URL(PUSHER_PATH, origin);
  url.search = new URLSearchParams({
    session: randomUUID(),
    tenant: 'parley-doctor',
    sample_rate: '16000',
    channels: '1',
  }).toString();
  const onNothing = (): void => undefined;
  const connection = new PusherConnection({
    url,
    secret,
    clock,
    connectTimeoutMs,
    heartbeatMs: HEARTBEAT_MS,
    onFrame: onNothing,
    onBeat: onNothing,
  });
  if ((await connection.ready) !== undefined) {
    connection.close(CloseCode.Ended, 'that was all');
    return [ok(say`it takes our secret, and is ready`)];
  }
  const { problem: says } = await connection.ended;
  if (/\b401\b/.test(says))
    return [problem(say`it does not take our secret`, ['PUSHER_SECRET'], 'Give both sides the same one')];
  if (/\b404\b/.test(says))
    return [problem(say`it is no pusher`, ['PUSHER_URL'], 'PARLEY_ROLE has to be pusher, or all, there')];
  return [problem(say`it cannot be reached: ${says}`, ['PUSHER_URL'], 'Start it, or correct the address')];
}
