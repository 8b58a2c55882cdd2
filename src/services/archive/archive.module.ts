import { Module } from '@nestjs/common';
import { ArchiveConfig } from '../../config/archive.config.js';
import { Environment } from '../../config/environment.js';
import { packageRoot } from '../../config/package-root.js';
import { StateModule } from '../../state/state.module.js';
import { ArchiveKeys } from './archive-keys.js';
import { Recordings } from './recordings.js';
import { RecordingsReadiness } from './recordings-readiness.js';

@Module({
  imports: [StateModule],
  providers: [
    {
      provide: ArchiveKeys,
      inject: [ArchiveConfig, Environment],
      useFactory: ({ keysFile }: ArchiveConfig, { variables }: Environment) =>
        ArchiveKeys.read(keysFile, packageRoot, variables),
    },
    Recordings,
    RecordingsReadiness,
  ],
  exports: [Recordings],
})
export class ArchiveModule {}
