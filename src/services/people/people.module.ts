import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SherpaConfig } from '../../config/sherpa.config.js';
import { SpeakersConfig } from '../../config/speakers.config.js';
import { Clock } from '../../kernel/clock.js';
import { SpeakerEmbedder } from '../../speech/speaker-embedder.js';
import { loadEmbedder } from '../../speech/speakers/load-embedder.js';
import { StateModule } from '../../state/state.module.js';
import { ArchiveModule } from '../archive/archive.module.js';
import { type SafeFetch, createSafeFetch } from '../http/safe-fetch.js';
import { People } from './people.js';
import { SpeakersReadiness, SpeakersStep } from './speakers.step.js';

/** The connection to the embedding service, which the operator has named: it may be in a private network. */
@Injectable()
class EmbedderFetch implements OnApplicationShutdown {
  readonly safe: SafeFetch;

  constructor({ timeoutMs: connectTimeoutMs }: SpeakersConfig) {
    this.safe = createSafeFetch({ allowPrivate: true, connectTimeoutMs });
  }

  onApplicationShutdown(): Promise<void> {
    return this.safe.close();
  }
}

/** Who is known by voice, and how voices are told apart. */
@Module({
  imports: [StateModule, ArchiveModule],
  providers: [
    EmbedderFetch,
    {
      provide: SpeakerEmbedder,
      inject: [SpeakersConfig, SherpaConfig, EmbedderFetch, Clock],
      useFactory: (config: SpeakersConfig, sherpa: SherpaConfig, { safe }: EmbedderFetch, clock: Clock) => {
        const logger = new Logger('Speakers');
        return loadEmbedder({ config, sherpa, fetch: safe.fetch, clock, onIncident: (text) => logger.warn(text) });
      },
    },
    People,
    SpeakersStep,
    SpeakersReadiness,
  ],
  exports: [People, SpeakerEmbedder],
})
export class PeopleModule {}
