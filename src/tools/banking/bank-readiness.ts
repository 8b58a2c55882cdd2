import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { SampleBank } from './sample-bank.js';

@Injectable()
@Readiness({ name: 'services', critical: true, timeoutMs: 1000, cacheMs: 1000 })
export class BankReadiness implements ReadinessCheck {
  constructor(private readonly bank: SampleBank) {}

  check(): Record<string, unknown> {
    this.bank.ping();
    return { bank: 'sample, in memory' };
  }
}
