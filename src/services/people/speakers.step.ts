import { Injectable } from '@nestjs/common';
import { SpeakersConfig } from '../../config/speakers.config.js';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import { SpeakerEmbedder } from '../../speech/speaker-embedder.js';

@Injectable()
@Step({ name: 'speakers', after: ['services', 'events'], timeoutMs: 30_000 })
export class SpeakersStep implements LifecycleStep {
  constructor(
    private readonly config: SpeakersConfig,
    private readonly embedder: SpeakerEmbedder,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.embedder.start(signal);
    const { driver } = this.config;
    return { summary: driver === 'off' ? 'nobody is known by voice' : `people are known by voice, with ${driver}` };
  }

  stop(): Promise<void> {
    return this.embedder.close();
  }
}

/** Calls go on without it: nobody is known by voice meanwhile. */
@Injectable()
@Readiness({ name: 'speakers', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class SpeakersReadiness implements ReadinessCheck {
  constructor(
    private readonly config: SpeakersConfig,
    private readonly embedder: SpeakerEmbedder,
  ) {}

  check(): Record<string, unknown> {
    const { problem, dimension } = this.embedder;
    if (problem !== undefined) throw new Error(problem);
    return { driver: this.config.driver, ...(dimension > 0 && { dimension }) };
  }
}
