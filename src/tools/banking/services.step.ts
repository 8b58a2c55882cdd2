import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import { SampleBank } from './sample-bank.js';

/** What tools work on. Out of the box that is a sample bank in memory, so that the sample agents have something to say. */
@Injectable()
@Step({ name: 'services', after: ['aoai'], timeoutMs: 10_000 })
export class ServicesStep implements LifecycleStep {
  constructor(private readonly bank: SampleBank) {}

  start(): Promise<StepReport> {
    return Promise.resolve({ summary: 'sample bank in SQLite, in memory' });
  }

  stop(): Promise<void> {
    this.bank.close();
    return Promise.resolve();
  }
}

@Injectable()
@Readiness({ name: 'services', critical: true, timeoutMs: 1000, cacheMs: 1000 })
export class ServicesReadiness implements ReadinessCheck {
  constructor(private readonly bank: SampleBank) {}

  check(): Record<string, unknown> {
    this.bank.ping();
    return { bank: 'sample, in memory' };
  }
}
