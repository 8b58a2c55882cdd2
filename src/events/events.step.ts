import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { recordCallMetrics } from './call-metrics.js';
import { EventBus } from './event-bus.js';

@Injectable()
@Step({ name: 'events', after: ['agents'], timeoutMs: 5000 })
export class EventsStep implements LifecycleStep {
  private stopRecording: (() => void) | undefined;

  constructor(private readonly bus: EventBus) {}

  start(): Promise<StepReport> {
    this.stopRecording = recordCallMetrics(this.bus);
    return Promise.resolve({ summary: `${this.bus.listenerCount} listeners` });
  }

  stop(): Promise<void> {
    this.stopRecording?.();
    return Promise.resolve();
  }
}
