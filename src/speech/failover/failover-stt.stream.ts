import { Resampler } from '../../audio/resampler.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { InferencePriority } from '../inference-gate.js';
import type { SpeechHints, SttDriver, SttListener, SttResult, SttStream } from '../stt-stream.js';
import { countFailover } from './failover-count.js';
import { KeptAudio } from './kept-audio.js';
import { Epochs, placed } from './result-in-place.js';
import { inOrderOfChoice, type Seat, type Seats } from './seats.js';
import { shareOfWait } from './share-of-wait.js';
import type { SpeechProvider, Use } from './speech-provider.js';

export type SttProvider = SpeechProvider<SttDriver, SttStream>;
export type SttSeats = Seats<SttDriver, SttStream>;
type SttSeat = Seat<SttDriver, SttStream>;

export interface FailoverSttOptions {
  /** Hz, of what is written; each driver gets it at its own. */
  readonly sampleRate: number;
  /** How long a recogniser may take for its final while there is another one to ask. */
  readonly finalMs: number;
  /** What all of them but the last may take for it together. */
  readonly finalTotalMs: number;
  /** How long it may take until a recogniser that has to be made ready first can be written to. */
  readonly connectMs: number;
  readonly clock: Clock;
}

/** Audio kept for those who may have to take over. */
const KEPT_MS = 60_000;

interface Utterance {
  readonly listener: SttListener;
  readonly priority: InferencePriority | undefined;
  readonly audio: KeptAudio;
  readonly tried: Set<SttProvider>;
  /** Words of the longest hypothesis that was passed on. */
  shownWords: number;
  finishedAt?: number;
  /** Everybody has failed before its end. */
  isStranded?: boolean;
  run?: Run;
  lastError?: Error;
}

/** One provider's try at an utterance. */
interface Run {
  readonly provider: SttProvider;
  readonly use: Use;
  seat?: SttSeat;
  resampler?: Resampler | undefined;
  /** Until it must be ready. */
  connecting?: Timer;
  /** Until its final must have come. */
  deadline?: Timer;
}

/**
 * The recogniser of one session, made of those of several providers: whenever one fails in the middle of an utterance,
 * the next gets all of its audio, faster than it was spoken. Whoever listens hears of one utterance with one end.
 */
export class FailoverSttStream implements SttStream {
  private hints: SpeechHints | undefined;
  /** Those that have ever got hints here; one may have been borrowed for us after there were some. */
  private readonly prepared = new WeakSet<SttSeat>();
  private readonly epochs = new Epochs<SttSeat>();
  private utterance: Utterance | undefined;
  private isClosed = false;

  constructor(
    private readonly seats: SttSeats,
    private readonly options: FailoverSttOptions,
  ) {}

  /**
   * Rejects with the last error if those who are there cannot be made ready. Who has just kept the session waiting is not
   * waited for again: it is asked, and made ready, when there is something to understand.
   */
  async prepare(hints: SpeechHints): Promise<void> {
    this.hints = hints;
    let failure: unknown;
    for (const provider of inOrderOfChoice(this.seats.providers, hints.language)) {
      if (!this.seats.at(provider) && this.seats.hasRefused(provider)) continue;
      try {
        const seat = await this.seats.take(provider);
        await seat.resource.prepare(hints);
        this.prepared.add(seat);
        if (!this.utterance) this.seats.keepOnly(provider);
        return;
      } catch (error) {
        if (this.isClosed) throw error;
        // Hints that a local recogniser cannot take are no fault of its.
        if (!provider.isLocal && !isBusy(error)) provider.begin().failed(error);
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  reset(): void {
    this.cancel();
    this.hints = undefined;
    for (const provider of this.seats.providers) this.seats.at(provider)?.resource.reset();
  }

  start(listener: SttListener, priority?: InferencePriority): void {
    this.cancel();
    const audio = new KeptAudio(this.options.sampleRate, KEPT_MS);
    this.utterance = { listener, priority, audio, tried: new Set(), shownWords: 0 };
    this.askNext(this.utterance);
  }

  write(pcm: Int16Array): void {
    const { utterance } = this;
    if (!utterance || utterance.finishedAt !== undefined) return;
    const { run } = utterance;
    if (!run?.seat || this.keepsAudio) utterance.audio.push(pcm);
    if (run?.seat) this.pass(run, pcm);
  }

  finish(): void {
    const { utterance } = this;
    if (!utterance || utterance.finishedAt !== undefined) return;
    utterance.finishedAt = this.options.clock.now();
    if (utterance.isStranded) {
      utterance.tried.clear();
      this.askNext(utterance);
    } else if (utterance.run) {
      this.limitFinal(utterance, utterance.run);
      if (utterance.run.seat) this.awaitFinal(utterance.run);
    }
  }

  cancel(): void {
    const { utterance } = this;
    if (!utterance) return;
    this.utterance = undefined;
    const { run, finishedAt } = utterance;
    if (!run) return;
    cancelTimers(run);
    run.seat?.resource.cancel();
    const waitedMs = finishedAt === undefined ? 0 : this.options.clock.now() - finishedAt;
    // Whoever listens may have lost patience before we did.
    if (waitedMs >= this.options.finalMs) run.use.failed(this.tooLate(waitedMs));
    else run.use.abandoned();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.cancel();
    this.seats.close();
    return Promise.resolve();
  }

  private askNext(utterance: Utterance): void {
    const [provider] = this.untriedFor(utterance);
    if (!provider) {
      // To tell a caller in mid-sentence would only interrupt them; at its end there may be somebody again.
      if (this.keepsAudio && utterance.finishedAt === undefined) {
        utterance.isStranded = true;
        delete utterance.run;
        return;
      }
      this.utterance = undefined;
      utterance.listener.onError(
        utterance.lastError ?? new ParleyError('stt_failed', 'There is no recogniser to ask', true),
      );
      return;
    }
    if (utterance.run) countFailover('stt', utterance.run.provider.name, provider.name);
    utterance.tried.add(provider);
    const run: Run = { provider, use: provider.begin() };
    utterance.run = run;
    if (utterance.finishedAt !== undefined) this.limitFinal(utterance, run);
    const seat = this.seats.at(provider);
    if (seat && (!this.hints || this.prepared.has(seat))) this.begin(utterance, run, seat);
    else void this.beginWhenReady(utterance, run);
  }

  private untriedFor(utterance: Utterance): SttProvider[] {
    const order = inOrderOfChoice(this.seats.providers, this.hints?.language);
    return order.filter((provider) => !utterance.tried.has(provider));
  }

  /** Of a provider that this session has not needed before, or whose recogniser it gave back. */
  private async beginWhenReady(utterance: Utterance, run: Run): Promise<void> {
    const { clock, connectMs } = this.options;
    run.connecting = clock.setTimeout(() => {
      const late = new ParleyError('stt_failed', `${run.provider.name} was not ready within ${connectMs} ms`, true);
      this.fail(utterance, run, late);
    }, connectMs);
    try {
      const seat = await this.seats.take(run.provider);
      if (this.hints && this.isCurrent(utterance, run)) {
        await seat.resource.prepare(this.hints);
        this.prepared.add(seat);
      }
      if (this.isCurrent(utterance, run)) this.begin(utterance, run, seat);
    } catch (error) {
      this.fail(utterance, run, error);
    }
  }

  private begin(utterance: Utterance, run: Run, seat: SttSeat): void {
    const { sampleRate } = this.options;
    const driverRate = seat.provider.driver.sampleRate;
    run.connecting?.cancel();
    run.resampler = driverRate === sampleRate ? undefined : new Resampler(sampleRate, driverRate);
    run.seat = seat;
    const listener: SttListener = {
      onPartial: (text, stable) => {
        if (this.isCurrent(utterance, run)) this.passPartial(utterance, text, stable);
      },
      onFinal: (result) => this.succeed(utterance, run, result),
      onError: (error) => this.fail(utterance, run, error),
    };
    seat.resource.start(listener, utterance.priority);
    for (const pcm of utterance.audio) if (this.isCurrent(utterance, run)) this.pass(run, pcm);
    if (utterance.finishedAt !== undefined && this.isCurrent(utterance, run)) this.awaitFinal(run);
  }

  private pass(run: Run, pcm: Int16Array): void {
    run.seat!.resource.write(run.resampler ? run.resampler.process(pcm) : pcm);
  }

  private awaitFinal(run: Run): void {
    if (run.resampler) run.seat!.resource.write(run.resampler.flush());
    run.seat!.resource.finish();
  }

  /** From now on the caller waits: also for a recogniser that has to be connected first, but not for one alone. */
  private limitFinal(utterance: Utterance, run: Run): void {
    const { clock, finalMs, finalTotalMs } = this.options;
    const others = this.untriedFor(utterance).length;
    if (others === 0) return;
    const waitedMs = clock.now() - utterance.finishedAt!;
    const limitMs = shareOfWait(finalMs, finalTotalMs - waitedMs, others);
    run.deadline = clock.setTimeout(() => {
      run.seat?.resource.cancel();
      this.fail(utterance, run, this.tooLate(limitMs));
    }, limitMs);
  }

  /** Who takes over begins with the first word: nobody hears of it before it has caught up. */
  private passPartial(utterance: Utterance, text: string, stable: boolean): void {
    const words = text.split(/\s+/).filter(Boolean).length;
    if ((utterance.tried.size > 1 || utterance.isStranded) && words < utterance.shownWords) return;
    utterance.shownWords = Math.max(utterance.shownWords, words);
    utterance.listener.onPartial(text, stable);
  }

  private succeed(utterance: Utterance, run: Run, result: SttResult): void {
    if (!this.isCurrent(utterance, run)) return;
    this.utterance = undefined;
    cancelTimers(run);
    run.use.succeeded();
    this.seats.keepOnly(run.provider);
    const epoch = this.epochs.of(run.seat!, result.epoch);
    utterance.listener.onFinal({ ...placed(result, utterance.audio.lostMs), provider: run.provider.name, epoch });
  }

  private fail(utterance: Utterance, run: Run, error: unknown): void {
    if (!this.isCurrent(utterance, run)) return;
    cancelTimers(run);
    if (isBusy(error)) run.use.abandoned();
    else run.use.failed(error);
    utterance.lastError =
      error instanceof ParleyError && error.code === 'stt_failed'
        ? error
        : new ParleyError('stt_failed', error instanceof Error ? error.message : 'The recogniser failed', true);
    this.askNext(utterance);
  }

  /** For those who may have to take over, or to try again. Who runs in this process does not fail for a moment. */
  private get keepsAudio(): boolean {
    return this.seats.providers.length > 1 || !this.seats.providers[0]?.isLocal;
  }

  private isCurrent(utterance: Utterance, run: Run): boolean {
    return this.utterance === utterance && utterance.run === run;
  }

  private tooLate(afterMs: number): ParleyError {
    return new ParleyError('stt_failed', `No final within ${Math.round(afterMs)} ms`, true);
  }
}

function cancelTimers(run: Run): void {
  run.connecting?.cancel();
  run.deadline?.cancel();
}

/** Nobody's fault: there are more sessions than streams. */
function isBusy(error: unknown): boolean {
  return error instanceof ParleyError && ['at_capacity', 'timeout', 'draining', 'build_failed'].includes(error.code);
}
