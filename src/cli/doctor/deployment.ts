import type { LoadedConfig } from '../../config/load.js';
import type { ConfigClass } from '../../config/setting.js';
import { isSet } from '../../config/show-value.js';
import type { Clock } from '../../kernel/clock.js';
import { NotValid } from './not-valid.js';

/** What is to be looked at: a configuration, of which some settings may not be valid. */
export class Deployment {
  /** @param invalid variables whose values are of no use: whoever reads one of them gets a `NotValid` */
  constructor(
    readonly config: LoadedConfig,
    readonly clock: Clock,
    private readonly invalid: ReadonlySet<string> = new Set(),
  ) {}

  get variables(): Readonly<NodeJS.ProcessEnv> {
    return this.config.environment.variables;
  }

  /** Each setting is looked at when it is read. */
  section<T extends object>(config: ConfigClass & (new () => T)): T {
    const values = this.config.values.get(config) as T;
    return new Proxy(values, {
      get: (target, key) => {
        this.demand(config, String(key), values);
        return Reflect.get(target, key) as unknown;
      },
    });
  }

  /** For drivers, which read what they like when they like: throws at once when any of it is not valid. */
  whole<T extends object>(config: ConfigClass & (new () => T)): T {
    const values = this.config.values.get(config) as T;
    for (const key of Object.keys(config.settings)) this.demand(config, key, values);
    return values;
  }

  private demand(config: ConfigClass, key: string, values: object): void {
    const setting = config.settings[key];
    if (!setting || !this.invalid.has(setting.env)) return;
    const value: unknown = Reflect.get(values, key);
    // What could not be read is undefined, whatever was given.
    throw new NotValid(setting.env, value === undefined || isSet(value));
  }
}
