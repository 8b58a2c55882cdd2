import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { Recordings } from './recordings.js';

/** Not critical: what cannot be written is kept on disk and written later. */
@Injectable()
@Readiness({ name: 'recordings', critical: false, timeoutMs: 2000, cacheMs: 1000 })
export class RecordingsReadiness implements ReadinessCheck {
  constructor(private readonly recordings: Recordings) {}

  check(): Promise<Record<string, unknown>> {
    return this.recordings.check();
  }
}
