import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Environment } from './environment.js';
import type { LoadedConfig } from './load.js';

/** Makes every configuration class injectable by its type. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: LoadedConfig): DynamicModule {
    const settings = [...config.values].map(([provide, useValue]) => ({ provide, useValue }));
    const providers = [...settings, { provide: Environment, useValue: config.environment }];
    return { module: ConfigModule, providers, exports: providers };
  }
}
