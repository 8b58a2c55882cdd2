import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveConfig } from '../../../config/archive.config.js';
import { AuditConfig } from '../../../config/audit.config.js';
import { ConversationsConfig } from '../../../config/conversations.config.js';
import { packageRoot } from '../../../config/package-root.js';
import { RedisConfig } from '../../../config/redis.config.js';
import { ServerConfig } from '../../../config/server.config.js';
import { VOLUME_ADVICE, cannotBeWritten, tryToWrite } from '../../../services/data-directory.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';

const LIMIT_MS = 5000;
const TOO_LITTLE_BYTES = 100_000_000;
const LITTLE_BYTES = 1_000_000_000;
/** Linux' magic numbers. */
const MEMORY = 0x01021994;
const CONTAINER_LAYER = 0x794c7630;

/** A file is written, renamed and deleted in DATA_DIR, and the space is measured. */
export function dataDirectoryChecks(deployment: Deployment): Check[] {
  const folder = path.resolve(packageRoot, deployment.section(ConversationsConfig).dataDirectory);
  return [{ about: 'disk', settings: ['DATA_DIR'], limitMs: LIMIT_MS, examine: () => examine(folder, deployment) }];
}

async function examine(folder: string, deployment: Deployment): Promise<Finding[]> {
  try {
    await tryToWrite(folder);
  } catch (error) {
    const { to } = deployment.section(AuditConfig);
    const { store } = deployment.section(ConversationsConfig);
    const { url } = deployment.section(RedisConfig);
    // Without Redis the jobs are there.
    const isNeeded = store !== 'none' || to.includes('file') || url === '';
    const says = cannotBeWritten(folder, error);
    return isNeeded
      ? [problem(says, ['DATA_DIR'], VOLUME_ADVICE)]
      : [warning(says, ['DATA_DIR'], `${VOLUME_ADVICE}; what no store takes is lost without`)];
  }
  const { bavail, bsize, type } = await statfs(folder);
  const freeBytes = bavail * bsize;
  return [
    ok(say`${folder} can be written to; ${inGigabytes(freeBytes)} are free`),
    ...spaceFindings(freeBytes, deployment.section(ArchiveConfig)),
    ...lastingFindings(type, deployment.section(ServerConfig).environment === 'production'),
  ];
}

function spaceFindings(freeBytes: number, { journalBytes, recording }: ArchiveConfig): Finding[] {
  const advice = 'Give it a larger volume';
  if (freeBytes < TOO_LITTLE_BYTES) return [problem(say`there is hardly any room`, ['DATA_DIR'], advice)];
  const wantedBytes = recording === 'off' ? LITTLE_BYTES : Math.max(LITTLE_BYTES, journalBytes);
  if (freeBytes >= wantedBytes) return [];
  return [
    warning(
      say`there is less room than ${inGigabytes(wantedBytes)}, which an outage of the stores may fill`,
      ['DATA_DIR', 'RECORDING_JOURNAL_BYTES'],
      advice,
    ),
  ];
}

function lastingFindings(type: number, isProduction: boolean): Finding[] {
  const advice = 'Mount a volume: what could not be written to a store waits there, also over a restart';
  if (type === MEMORY)
    return [warning(say`it is in memory, and gone with this machine or container`, ['DATA_DIR'], advice)];
  if (type === CONTAINER_LAYER && isProduction)
    return [warning(say`it is a part of the container, and gone with it`, ['DATA_DIR'], advice)];
  return [];
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
