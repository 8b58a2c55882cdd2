import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { SessionRegistry } from './session-registry.js';
import { SessionSlots } from './session-slots.js';

@Injectable()
@Step({ name: 'core', timeoutMs: 10_000 })
export class CoreStep implements LifecycleStep {
  constructor(
    private readonly slots: SessionSlots,
    private readonly sessions: SessionRegistry,
  ) {}

  start(): Promise<StepReport> {
    return Promise.resolve({ summary: `state in memory, ${this.slots.capacity} session slots` });
  }

  async stop(): Promise<void> {
    await this.sessions.closeAll('shutdown');
  }
}
