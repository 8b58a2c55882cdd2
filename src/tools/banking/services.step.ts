import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import { Recordings } from '../../services/archive/recordings.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { SampleBank } from './sample-bank.js';

/** Where conversations and recordings are kept, and what tools work on. Out of the box that is a sample bank in memory, so that the sample agents have something to say. */
@Injectable()
@Step({ name: 'services', after: ['aoai'], timeoutMs: 20_000 })
export class ServicesStep implements LifecycleStep {
  constructor(
    private readonly bank: SampleBank,
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    const conversations = await this.conversations.start(signal);
    const recordings = await this.recordings.start(signal);
    return { summary: `${conversations}; ${recordings}; a sample bank in memory` };
  }

  async stop(): Promise<void> {
    this.bank.close();
    await this.recordings.stop();
    await this.conversations.stop();
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
