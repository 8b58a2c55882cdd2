import { acsChecks, twilioChecks } from './checks/acs.js';
import { agentChecks } from './checks/agents.js';
import { certificateChecks } from './checks/certificates.js';
import { collectorChecks } from './checks/collector.js';
import { dataDirectoryChecks } from './checks/data-directory.js';
import { embedderChecks } from './checks/embedder.js';
import { issuerChecks } from './checks/issuers.js';
import { machineChecks } from './checks/machine.js';
import { modelChecks } from './checks/models.js';
import { poolChecks } from './checks/pools.js';
import { portChecks } from './checks/ports.js';
import { pusherChecks } from './checks/pusher.js';
import { receiverChecks } from './checks/receivers.js';
import { redisChecks } from './checks/redis.js';
import { speechChecks } from './checks/speech.js';
import { archiveChecks, conversationChecks } from './checks/stores.js';
import { toolServerChecks } from './checks/tool-servers.js';
import type { Deployment } from './deployment.js';
import type { Check } from './finding.js';

/** In the order of the report. Throws where there is nothing to begin with: a setting, or a file that one names, is no good. */
const checks = {
  machine: machineChecks,
  disk: dataDirectoryChecks,
  ports: portChecks,
  redis: redisChecks,
  agents: agentChecks,
  models: modelChecks,
  speech: speechChecks,
  pools: poolChecks,
  conversations: conversationChecks,
  recordings: archiveChecks,
  voices: embedderChecks,
  'tool-servers': toolServerChecks,
  'token-issuers': issuerChecks,
  acs: acsChecks,
  twilio: twilioChecks,
  webhooks: receiverChecks,
  pusher: pusherChecks,
  collector: collectorChecks,
  certificates: certificateChecks,
} satisfies Record<string, (deployment: Deployment) => Check[]>;

export type Area = keyof typeof checks;

export const AREAS = Object.keys(checks) as readonly Area[];
/** Without services of these kinds nothing is amiss, nor to be said. */
export const UNMENTIONED: ReadonlySet<Area> = new Set(['agents', 'conversations', 'certificates']);

export function checksOf(area: Area, deployment: Deployment): Check[] {
  return checks[area](deployment);
}

export function isArea(name: string): name is Area {
  return Object.hasOwn(checks, name);
}
