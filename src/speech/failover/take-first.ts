import type { SpeechConfig } from '../../config/speech.config.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { SttDriver } from '../stt-stream.js';
import type { TtsDriver } from '../tts-voice.js';
import { type Seats, inOrderOfChoice } from './seats.js';
import { shareOfWait } from './share-of-wait.js';
import type { SpeechProvider } from './speech-provider.js';

/**
 * One of the first provider that has one in time.
 * @param language BCP 47; those that know it come first. Rejects with the first one's error, or with the signal's reason.
 */
export async function takeFirst<D extends SttDriver | TtsDriver, R>(
  seats: Seats<D, R>,
  language: string | undefined,
  { readyMs, poolWaitMs }: Pick<SpeechConfig, 'readyMs' | 'poolWaitMs'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<SpeechProvider<D, R>> {
  const providers = inOrderOfChoice(seats.providers, language);
  const readyBy = clock.now() + 2 * readyMs;
  let failure: unknown;
  for (const [index, provider] of providers.entries()) {
    const others = providers.length - index - 1;
    const waitMs = others === 0 ? poolWaitMs : shareOfWait(readyMs, readyBy - clock.now(), others);
    try {
      await seats.take(provider, signal, waitMs);
      return provider;
    } catch (error) {
      signal.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure ?? new ParleyError('stt_failed', 'No speech provider is configured');
}
