import { type LoadedConfig, ConfigError, loadConfig } from '../../config/load.js';
import type { Clock } from '../../kernel/clock.js';
import { checkNamedFiles } from '../../named-files.js';
import { counted } from '../counted.js';
import { AREAS, type Area, UNMENTIONED, checksOf } from './areas.js';
import { AskedEnvironment } from './asked-environment.js';
import { Deployment } from './deployment.js';
import { type Examined, examine } from './examine.js';
import { type Check, type Finding, Sentence, maskedWords, ok, problem, say, skipped } from './finding.js';
import { maskingOf } from './masking.js';
import { NotValid } from './not-valid.js';
import { unknownNames } from './unknown-names.js';

const ADVICE_ON_FAULTS = 'Correct it; docs/configuration.md says what is allowed';

export interface Diagnosis {
  readonly examined: readonly Examined<string>[];
  /** What there is nothing to look at of. */
  readonly notConfigured: readonly string[];
  readonly problems: number;
  readonly warnings: number;
  readonly durationMs: number;
}

/**
 * Looks at everything that a deployment with this environment needs, or at some areas of it; what is not valid is said, and
 * what needs it skipped. Never rejects; nothing in it is secret.
 */
export async function diagnose(
  env: NodeJS.ProcessEnv,
  clock: Clock,
  areas: readonly Area[] = AREAS,
): Promise<Diagnosis> {
  const startedAt = clock.now();
  const environment = new AskedEnvironment(env);
  const { config, problems } = read(environment.variables);
  const faults = problems.map(faultOf);
  const invalid = new Set(faults.flatMap(({ settings = [] }) => settings));
  const deployment = new Deployment(config, clock, invalid);
  faults.push(...fileProblems(deployment).map(faultOfFile));
  const parts = areas.map((area) => partOf(area, deployment));
  const given = config.settings.filter(({ origin }) => origin === 'environment' || origin === 'overlay').length;
  const configuration: Examined = {
    about: 'configuration',
    durationMs: 0,
    findings: [
      ...(faults.length > 0
        ? faults
        : [ok(say`it is valid; ${counted(given, 'setting')} ${given === 1 ? 'is' : 'are'} given`)]),
      ...unknownNames(env, environment.asked),
    ],
  };
  const examined = await examine(
    parts.flatMap(({ checks }) => checks),
    clock,
  );
  const mask = maskingOf(config);
  const masked = [configuration, ...examined].map((one) => ({
    ...one,
    findings: one.findings.map((finding) => withoutSecrets(finding, mask)),
  }));
  const notConfigured = parts.filter(({ area, checks }) => checks.length === 0 && !UNMENTIONED.has(area));
  return {
    examined: masked,
    notConfigured: notConfigured.map(({ area }) => area),
    problems: count(masked, 'problem'),
    warnings: count(masked, 'warning'),
    durationMs: Math.round(clock.now() - startedAt),
  };
}

function read(env: NodeJS.ProcessEnv): { config: LoadedConfig; problems: readonly string[] } {
  try {
    return { config: loadConfig(env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.config) throw error;
    return { config: error.config, problems: error.problems };
  }
}

/** Of files that settings name. Which of them are named by settings that are no good themselves is not known. */
function fileProblems(deployment: Deployment): string[] {
  const { config } = deployment;
  const values = new Map([...config.values.keys()].map((one) => [one, deployment.section(one)]));
  try {
    checkNamedFiles({ ...config, values });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter((text) => !NotValid.isSaidIn(text));
  }
}

function partOf(area: Area, deployment: Deployment): { readonly area: Area; readonly checks: readonly Check[] } {
  try {
    return { area, checks: checksOf(area, deployment) };
  } catch (error) {
    // What is wrong with its settings, and with the files that they name, has been said above.
    const says = error instanceof NotValid ? error.message : say`what it is to read is not valid`;
    return { area, checks: [{ about: area, settings: [], limitMs: 1000, examine: () => [skipped(says)] }] };
  }
}

function count(examined: readonly Examined<string>[], verdict: Finding['verdict']): number {
  return examined.flatMap(({ findings }) => findings).filter((finding) => finding.verdict === verdict).length;
}

/** `PORT: was given …, but allowed is …`, or `OIDC_ISSUER, OIDC_AUDIENCE: …`: sentences of ours, with values in quotes. */
function faultOf(text: string): Finding {
  const names = namesIn(text);
  const says = names.length > 0 ? quotingSentence(text) : text;
  return problem(says, names, ADVICE_ON_FAULTS);
}

/** Parts of files may stand in it as they are. */
function faultOfFile(text: string): Finding {
  return problem(text, namesIn(text), ADVICE_ON_FAULTS);
}

function namesIn(text: string): string[] {
  const [, names] = /^([A-Z][A-Z0-9_]+(?:, [A-Z][A-Z0-9_]+)*): /.exec(text) ?? [];
  return names?.split(', ') ?? [];
}

function quotingSentence(text: string): Sentence {
  const parts = text.split(/("(?:[^"\\]|\\.)*")/);
  return new Sentence(
    parts.filter((_, index) => index % 2 === 0),
    parts.filter((_, index) => index % 2 === 1),
  );
}

function withoutSecrets(finding: Finding, mask: (text: string) => string): Finding<string> {
  return { ...finding, says: maskedWords(finding.says, mask) };
}
