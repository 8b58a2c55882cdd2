import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { PhraseListManager } from './phrase-list-manager.js';

/** Not critical: calls go on with the lists that are known. */
@Injectable()
@Readiness({ name: 'phrases', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class PhrasesReadiness implements ReadinessCheck {
  constructor(private readonly phrases: PhraseListManager) {}

  check(): Promise<Record<string, unknown>> {
    return this.phrases.check();
  }
}
