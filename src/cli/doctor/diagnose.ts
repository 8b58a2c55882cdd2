import { type LoadedConfig, ConfigError, loadConfig } from '../../config/load.js';
import type { Clock } from '../../kernel/clock.js';
import { checkNamedFiles } from '../../named-files.js';
import { acsChecks, twilioChecks } from './checks/acs.js';
import { certificateChecks } from './checks/certificates.js';
import { collectorChecks } from './checks/collector.js';
import { dataDirectoryChecks } from './checks/data-directory.js';
import { embedderChecks } from './checks/embedder.js';
import { issuerChecks } from './checks/issuers.js';
import { machineChecks } from './checks/machine.js';
import { modelChecks } from './checks/models.js';
import { portChecks } from './checks/ports.js';
import { pusherChecks } from './checks/pusher.js';
import { receiverChecks } from './checks/receivers.js';
import { redisChecks } from './checks/redis.js';
import { speechChecks } from './checks/speech.js';
import { archiveChecks, conversationChecks } from './checks/stores.js';
import { toolServerChecks } from './checks/tool-servers.js';
import { Deployment } from './deployment.js';
import { type Examined, examine } from './examine.js';
import { type Check, type Finding, ok, problem } from './finding.js';
import { maskingOf } from './masking.js';

export interface Diagnosis {
  readonly examined: readonly Examined[];
  /** What there is nothing to look at of. */
  readonly notConfigured: readonly string[];
  readonly problems: number;
  readonly warnings: number;
  readonly durationMs: number;
}

/** In the order of the report. */
const AREAS: Readonly<Record<string, (deployment: Deployment) => Check[]>> = {
  machine: machineChecks,
  disk: dataDirectoryChecks,
  ports: portChecks,
  redis: redisChecks,
  models: modelChecks,
  speech: speechChecks,
  conversations: conversationChecks,
  recordings: archiveChecks,
  voices: embedderChecks,
  'tool servers': toolServerChecks,
  'token issuers': issuerChecks,
  acs: acsChecks,
  twilio: twilioChecks,
  webhooks: receiverChecks,
  pusher: pusherChecks,
  collector: collectorChecks,
  certificates: certificateChecks,
};
/** Without services of these kinds nothing is amiss, nor to be said. */
const UNMENTIONED = new Set(['conversations', 'certificates']);

/** Looks at everything that a deployment with this environment needs. Never rejects; nothing in it is secret. */
export async function diagnose(env: NodeJS.ProcessEnv, clock: Clock): Promise<Diagnosis> {
  const startedAt = clock.now();
  let config: LoadedConfig;
  try {
    config = loadConfig(env);
    checkNamedFiles(config);
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    return summed([{ about: 'configuration', durationMs: 0, findings: problems.map(faultOf) }], [], 0);
  }
  const deployment = new Deployment(config, clock);
  const areas = Object.entries(AREAS).map(([area, checksOf]) => [area, checksOf(deployment)] as const);
  const given = config.settings.filter(({ origin }) => origin === 'environment' || origin === 'overlay').length;
  const first = { about: 'configuration', durationMs: 0, findings: [ok(`it is valid; ${given} settings are given`)] };
  const examined = await examine(
    areas.flatMap(([, checks]) => checks),
    clock,
  );
  const missing = areas.filter(([area, checks]) => checks.length === 0 && !UNMENTIONED.has(area)).map(([area]) => area);
  const mask = maskingOf(config);
  const masked = examined.map((one) => ({
    ...one,
    findings: one.findings.map((finding) => withoutSecrets(finding, mask)),
  }));
  return summed([first, ...masked], missing, Math.round(clock.now() - startedAt));
}

function summed(examined: readonly Examined[], notConfigured: readonly string[], durationMs: number): Diagnosis {
  const all = examined.flatMap(({ findings }) => findings);
  const count = (verdict: Finding['verdict']): number => all.filter((finding) => finding.verdict === verdict).length;
  return { examined, notConfigured, problems: count('problem'), warnings: count('warning'), durationMs };
}

/** `PORT: was given …, but allowed is …` */
function faultOf(text: string): Finding {
  const [, setting] = /^([A-Z][A-Z0-9_]+): /.exec(text) ?? [];
  return problem(text, setting ? [setting] : [], 'Correct it; docs/configuration.md says what is allowed');
}

function withoutSecrets(finding: Finding, mask: (text: string) => string): Finding {
  const { says, advice } = finding;
  return { ...finding, says: mask(says), ...(advice !== undefined && { advice: mask(advice) }) };
}
