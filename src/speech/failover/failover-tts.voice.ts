import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { withStallLimit } from '../../kernel/stall-limit.js';
import type { TtsChunk, TtsDriver, TtsRequest, TtsVoice } from '../tts-voice.js';
import { countFailover } from './failover-count.js';
import { inOrderOfChoice, type Seats } from './seats.js';
import { shareOfWait } from './share-of-wait.js';
import type { SpeechProvider } from './speech-provider.js';
import { SpokenSoFar } from './spoken-so-far.js';

export type TtsProvider = SpeechProvider<TtsDriver, TtsVoice>;
export type TtsSeats = Seats<TtsDriver, TtsVoice>;

export interface FailoverTtsOptions {
  /** How long audio may stop coming. */
  readonly stallMs: number;
  /** The same before the first audio, while there is another synthesiser to ask. */
  readonly firstAudioMs: number;
  readonly clock: Clock;
}

/**
 * The voice of one session, made of those of several providers: a sentence that one of them breaks off is spoken to its
 * end by the next, from the word on at which it broke off.
 */
export class FailoverTtsVoice implements TtsVoice {
  constructor(
    private readonly seats: TtsSeats,
    private readonly options: FailoverTtsOptions,
  ) {}

  async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    signal.throwIfAborted();
    const providers = inOrderOfChoice(this.seats.providers, request.language);
    const spoken = new SpokenSoFar(request);
    for (const [index, provider] of providers.entries()) {
      const next = providers[index + 1];
      const part: Part = { provider, request: spoken.rest(provider.driver), others: providers.length - index - 1 };
      const use = provider.begin();
      try {
        yield* spoken.follow(this.speak(part, signal));
        if (!part.isKept) use.succeeded();
        this.seats.keepOnly(provider);
        return;
      } catch (error) {
        if (signal.aborted) {
          use.abandoned();
          throw signal.reason;
        }
        // A wait that was cut short says nothing about the synthesiser.
        if (isOwnFault(error) || error === part.cutShort) use.abandoned();
        else use.failed(error);
        if (spoken.isComplete) return;
        if (!next) throw error;
        countFailover('tts', provider.name, next.name);
      } finally {
        // When whoever listens has had enough; nothing after one of the others.
        use.abandoned();
      }
    }
  }

  close(): Promise<void> {
    this.seats.close();
    return Promise.resolve();
  }

  private async *speak(part: Part, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const { clock, stallMs } = this.options;
    const firstMs = this.firstAudioMs(part);
    const open = (limit: AbortSignal): AsyncIterable<TtsChunk> => this.open(part, limit);
    let begun = false;
    const limitMs = (): number => (begun ? stallMs : firstMs);
    const stalled = (): Error => {
      const error = new ParleyError('tts_failed', `No audio for ${Math.round(limitMs())} ms`, true);
      if (!begun && firstMs < Math.min(this.options.firstAudioMs, stallMs)) part.cutShort ??= error;
      return (begun ? undefined : part.cutShort) ?? error;
    };
    for await (const chunk of withStallLimit(open, signal, clock, limitMs, stalled)) {
      begun ||= chunk.pcm.length > 0;
      if (chunk.isKept) part.isKept = true;
      yield chunk;
    }
  }

  private firstAudioMs({ request, others }: Part): number {
    const { clock, stallMs, firstAudioMs } = this.options;
    if (others === 0) return stallMs;
    const leftMs = request.audibleBy === undefined ? Infinity : request.audibleBy - clock.now();
    return shareOfWait(Math.min(firstAudioMs, stallMs), leftMs, others);
  }

  private async *open({ provider, request }: Part, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const seat = await this.seats.take(provider, signal);
    yield* seat.resource.synthesize(request, signal);
  }
}

/** What one of them is asked for. */
interface Part {
  readonly provider: TtsProvider;
  readonly request: TtsRequest;
  /** How many may be asked after it. */
  readonly others: number;
  /** What it failed with, when it had less time for its first audio than it may take. */
  cutShort?: Error;
  /** It was made before. */
  isKept?: boolean;
}

/** Ours: there are more sessions than voices, or the request is one that nobody could speak. */
function isOwnFault(error: unknown): boolean {
  return error instanceof ParleyError && ['at_capacity', 'timeout', 'draining', 'build_failed'].includes(error.code);
}
