import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { SpeakersConfig } from '../../config/speakers.config.js';
import { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { People } from '../../services/people/people.js';
import { SpeakerEmbedder } from '../../speech/speaker-embedder.js';
import { KnownVoices } from './known-voices.js';
import {
  SpeakerIdentification,
  type SpeakerMatch,
  type SpeakerWatch,
  type WatchedSession,
} from './speaker-identification.js';
import { VoiceWatch } from './voice-watch.js';

/** Knows the people of each tenant by what the pusher has learned of their voices. */
@Injectable()
export class VoiceIdentification extends SpeakerIdentification {
  constructor(
    private readonly config: SpeakersConfig,
    private readonly people: People,
    private readonly embedder: SpeakerEmbedder,
    private readonly clock: Clock,
    private readonly logger: PinoLogger,
  ) {
    super();
  }

  override get learns(): boolean {
    return this.people.enabled;
  }

  override begin(session: WatchedSession, onMatch: (match: SpeakerMatch) => void): SpeakerWatch | undefined {
    if (!this.people.enabled) return undefined;
    const log = (level: 'info' | 'warn', message: string): void =>
      this.logger[level]({ session_id: session.sessionId }, message);
    const voices = this.voicesFor(session).catch((error: unknown) => {
      log('warn', `Nobody is known by voice in this session: ${messageOf(error)}`);
      return undefined;
    });
    return new VoiceWatch({ session, voices, embedder: this.embedder, clock: this.clock, onMatch, log });
  }

  private async voicesFor({ tenant, subject }: WatchedSession): Promise<KnownVoices | undefined> {
    const voices = new KnownVoices(await this.people.known(tenant), subject, this.config);
    return voices.size > 0 ? voices : undefined;
  }
}
