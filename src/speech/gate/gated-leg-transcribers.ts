import { Injectable, Logger } from '@nestjs/common';
import { VadGateConfig } from '../../config/vad-gate.config.js';
import { Clock } from '../../kernel/clock.js';
import { SpeechService } from '../speech.service.js';
import { VoiceActivityDetector } from '../voice-activity.js';
import { GatedLeg } from './gated-leg.js';
import { type Leg, type LegListener, type LegTranscriber, LegTranscribers } from './leg-transcriber.js';

/** Any of the configured recognisers, behind the gate. */
@Injectable()
export class GatedLegTranscribers extends LegTranscribers {
  private readonly logger = new Logger('Gate');

  constructor(
    private readonly speech: SpeechService,
    private readonly detector: VoiceActivityDetector,
    private readonly config: VadGateConfig,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async open(leg: Leg, listener: LegListener, signal: AbortSignal): Promise<LegTranscriber> {
    const ears = await this.speech.leaseEars(leg.sessionId, signal, leg.hints.language);
    try {
      await ears.stt.prepare(leg.hints);
      signal.throwIfAborted();
      const { detector, config: gate, clock } = this;
      const onIncident = (message: string): void => this.logger.warn(`${leg.sessionId} ${leg.source}: ${message}`);
      return new GatedLeg({ leg, listener, ears, detector, gate, clock, onIncident });
    } catch (error) {
      ears.release();
      throw error;
    }
  }
}
