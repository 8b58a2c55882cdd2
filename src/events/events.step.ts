import { Injectable } from '@nestjs/common';
import { SpeechConfig } from '../config/speech.config.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { SttDrivers } from '../speech/speech-drivers.js';
import { SpeechService } from '../speech/speech.service.js';
import { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { SessionSlots } from '../state/session-slots.js';
import { recordCallMetrics } from './call-metrics.js';
import { EventBus } from './event-bus.js';
import { watchRecogniser } from './local-inference.js';
import { recordOverloadMetrics } from './overload-metrics.js';
import { recordSpeechMetrics } from './speech-metrics.js';

/** From here on the process watches itself, and says what happens. */
@Injectable()
@Step({ name: 'events', after: ['agents'], timeoutMs: 5000 })
export class EventsStep implements LifecycleStep {
  private stops: (() => void)[] = [];

  constructor(
    private readonly bus: EventBus,
    private readonly monitor: OverloadMonitor,
    private readonly slots: SessionSlots,
    private readonly stt: SttDrivers,
    private readonly speech: SpeechService,
    private readonly speechConfig: SpeechConfig,
  ) {}

  start(): Promise<StepReport> {
    this.stops = [
      recordCallMetrics(this.bus),
      recordOverloadMetrics(this.monitor, this.slots),
      recordSpeechMetrics(this.speech),
      ...this.stt.inOrder.map((driver) => watchRecogniser(driver, this.speechConfig, this.monitor)),
      this.monitor.onChange((change) => this.bus.emit('overload.changed', change)),
      () => this.monitor.stop(),
    ];
    this.monitor.start();
    return Promise.resolve({ summary: `${this.bus.listenerCount} listeners` });
  }

  stop(): Promise<void> {
    for (const stop of this.stops) stop();
    return Promise.resolve();
  }
}
