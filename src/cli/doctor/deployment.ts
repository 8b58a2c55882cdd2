import type { LoadedConfig } from '../../config/load.js';
import type { ConfigClass } from '../../config/setting.js';
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
        const setting = config.settings[String(key)];
        if (setting && this.invalid.has(setting.env)) throw new NotValid(setting.env);
        return Reflect.get(target, key) as unknown;
      },
    });
  }

  /** For drivers, which read what they like when they like: throws at once when any of it is not valid. */
  whole<T extends object>(config: ConfigClass & (new () => T)): T {
    const wrong = Object.values(config.settings).find(({ env }) => this.invalid.has(env));
    if (wrong) throw new NotValid(wrong.env);
    return this.config.values.get(config) as T;
  }
}
