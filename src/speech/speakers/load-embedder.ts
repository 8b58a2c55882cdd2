import type { SherpaConfig } from '../../config/sherpa.config.js';
import type { SpeakersConfig } from '../../config/speakers.config.js';
import type { Clock } from '../../kernel/clock.js';
import type { SpeakerEmbedder } from '../speaker-embedder.js';
import { NoSpeakerEmbedder } from './no-speaker-embedder.js';

export interface EmbedderParts {
  readonly config: SpeakersConfig;
  readonly sherpa: SherpaConfig;
  /** For the service that the configuration names. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly onIncident: (message: string) => void;
}

/** A clip of a voice now and then: there is no hurry. */
const PROCESSES = 1;

/** The embedder that SPEAKER_ID names; loads no other. */
export async function loadEmbedder({
  config,
  sherpa,
  fetch,
  clock,
  onIncident,
}: EmbedderParts): Promise<SpeakerEmbedder> {
  if (config.driver === 'off') return new NoSpeakerEmbedder();
  if (config.driver === 'http') {
    const { HttpSpeakerEmbedder } = await import('./http-speaker-embedder.js');
    return new HttpSpeakerEmbedder({ config, fetch, clock, onIncident });
  }
  const { SherpaSpeakerEmbedder } = await import('../drivers/sherpa/sherpa-speaker-embedder.js');
  return new SherpaSpeakerEmbedder(sherpa, { count: PROCESSES, clock, onIncident });
}
