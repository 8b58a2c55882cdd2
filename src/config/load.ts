import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ParleyError } from '../kernel/errors.js';
import { combinationProblems } from './combinations.js';
import { Environment } from './environment.js';
import { configClasses } from './config-classes.js';
import { packageRoot } from './package-root.js';
import type { ConfigClass, Setting } from './setting.js';

/** Where each setting's value came from, for `npm run config:check`. */
export type Origin = 'environment' | 'default.yaml' | 'overlay' | 'unset';

export interface LoadedSetting {
  readonly section: string;
  readonly key: string;
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
}

export interface LoadedConfig {
  readonly settings: readonly LoadedSetting[];
  /** One instance of each configuration class, by class. */
  readonly values: ReadonlyMap<ConfigClass, object>;
  readonly environment: Environment;
}

export class ConfigError extends ParleyError {
  override readonly name = 'ConfigError';

  /** @param config what there is all the same: settings that are not valid are undefined in it */
  constructor(
    readonly problems: readonly string[],
    readonly config?: LoadedConfig,
  ) {
    super(
      'config_invalid',
      `The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

/**
 * `config/default.yaml`, then the file that PARLEY_CONFIG names, then the environment; the later one wins.
 * Throws one ConfigError with every problem.
 */
export function loadConfig(env: NodeJS.ProcessEnv, root: string = packageRoot): LoadedConfig {
  const problems: string[] = [];
  const layers: [Origin, Record<string, unknown>][] = [
    ['default.yaml', readYaml(path.join(root, 'config', 'default.yaml'), problems)],
  ];
  if (env.PARLEY_CONFIG) layers.push(['overlay', readYaml(path.resolve(env.PARLEY_CONFIG), problems)]);
  const sections = new Map(configClasses.map((config) => [config.section, config]));
  const placeOf = (origin: Origin): string => (origin === 'overlay' ? env.PARLEY_CONFIG! : origin);
  for (const [origin, layer] of layers) reportUnknownKeys(placeOf(origin), layer, sections, problems);

  const settings: LoadedSetting[] = [];
  const values = new Map<ConfigClass, object>();
  for (const config of configClasses) {
    const instance = new config() as Record<string, unknown>;
    for (const [key, setting] of Object.entries(config.settings)) {
      const [given, origin] = lookUp(env, layers, config.section, key, setting);
      const parsed = setting.schema.safeParse(given);
      if (parsed.success) instance[key] = parsed.data;
      else
        problems.push(
          `${setting.env}: ${describeGiven(given, setting.secret)} (from ${placeOf(origin)}), but ${allowed(setting, parsed.error)}`,
        );
      settings.push({ section: config.section, key, setting, value: instance[key], origin });
    }
    values.set(config, Object.freeze(instance));
  }
  problems.push(...combinationProblems(values));
  const loaded = { settings, values, environment: new Environment(env) };
  if (problems.length > 0) throw new ConfigError(problems, loaded);
  return loaded;
}

function lookUp(
  env: NodeJS.ProcessEnv,
  layers: readonly [Origin, Record<string, unknown>][],
  section: string,
  key: string,
  setting: Setting,
): [unknown, Origin] {
  const fromEnvironment = env[setting.env];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return [fromEnvironment, 'environment'];
  for (const [origin, layer] of layers.toReversed()) {
    const value = (layer[section] as Record<string, unknown> | undefined)?.[key];
    if (value !== undefined && value !== null) return [value, origin];
  }
  return [undefined, 'unset'];
}

function readYaml(file: string, problems: string[]): Record<string, unknown> {
  if (!existsSync(file)) {
    problems.push(`${file} does not exist`);
    return {};
  }
  try {
    const content: unknown = parseYaml(readFileSync(file, 'utf8')) ?? {};
    const checked = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(content);
    if (checked.success) return checked.data;
    problems.push(`${file} must hold sections of settings, such as "server:" with "port: 8000" below it`);
  } catch (error) {
    problems.push(`${file}: ${(error as Error).message}`);
  }
  return {};
}

function reportUnknownKeys(
  place: string,
  layer: Record<string, unknown>,
  sections: ReadonlyMap<string, ConfigClass>,
  problems: string[],
): void {
  for (const [section, content] of Object.entries(layer)) {
    const config = sections.get(section);
    if (!config) {
      problems.push(`${section}: unknown section in ${place}; there are ${[...sections.keys()].join(', ')}`);
      continue;
    }
    for (const key of Object.keys(content as object)) {
      if (!(key in config.settings)) {
        problems.push(
          `${section}.${key}: unknown setting in ${place}; the section has ${Object.keys(config.settings).join(', ')}`,
        );
      }
    }
  }
}

function describeGiven(given: unknown, secret: boolean): string {
  if (given === undefined) return 'is not set';
  return `was given ${secret ? '(a secret)' : JSON.stringify(given)}`;
}

function allowed(setting: Setting, error: z.ZodError): string {
  const description = allowedValues(setting.schema);
  return description ? `allowed is ${description}` : error.issues.map((issue) => issue.message).join('; ');
}

/** What a schema allows, for people: `a whole number from 1 to 10`, `one of a, b`. */
export function allowedValues(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as {
    type?: string;
    enum?: unknown[];
    minimum?: number;
    maximum?: number;
    anyOf?: { type?: string }[];
    minLength?: number;
    format?: string;
    description?: string;
  };
  if (json.description) return json.description;
  if (json.format === 'uri') return 'an address with http:// or https://';
  if (json.enum) return `one of ${json.enum.map(String).join(', ')}`;
  if (json.type === 'integer' || json.type === 'number') {
    return `${json.type === 'integer' ? 'a whole number' : 'a number'} from ${json.minimum} to ${json.maximum}`;
  }
  if (json.type === 'boolean' || json.anyOf?.some((option) => option.type === 'boolean')) return 'true or false';
  if (json.type === 'array') return 'a comma-separated list';
  if (json.type === 'string') return json.minLength ? `a text of at least ${json.minLength} characters` : 'a text';
  return '';
}
