import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { LoadedConfig } from './load.js';

/** Makes every configuration class injectable by its type. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: LoadedConfig): DynamicModule {
    const providers = [...config.values].map(([provide, useValue]) => ({ provide, useValue }));
    return { module: ConfigModule, providers, exports: providers };
  }
}
