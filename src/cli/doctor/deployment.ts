import type { LoadedConfig } from '../../config/load.js';
import type { ConfigClass } from '../../config/setting.js';
import type { Clock } from '../../kernel/clock.js';

/** What is to be looked at: a configuration that is valid. */
export class Deployment {
  constructor(
    private readonly loaded: LoadedConfig,
    readonly clock: Clock,
  ) {}

  get variables(): Readonly<NodeJS.ProcessEnv> {
    return this.loaded.environment.variables;
  }

  section<T extends object>(config: ConfigClass & (new () => T)): T {
    return this.loaded.values.get(config) as T;
  }
}
