import { Module } from '@nestjs/common';
import { StateModule } from '../../state/state.module.js';
import { Recordings } from './recordings.js';
import { RecordingsReadiness } from './recordings-readiness.js';

@Module({ imports: [StateModule], providers: [Recordings, RecordingsReadiness], exports: [Recordings] })
export class ArchiveModule {}
