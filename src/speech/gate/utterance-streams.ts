import { Resampler } from '../../audio/resampler.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { Ears } from '../ears.js';
import type { SpeechHints, SttListener, SttResult, SttStream } from '../stt-stream.js';

/** How an utterance ends: exactly one of `final` and `failed`. */
export interface UtteranceEvents {
  partial(text: string): void;
  /** @param delayMs by which the recogniser's times are late. @param epoch of its connection: see LegSegment. */
  final(result: SttResult, epoch: number, delayMs: number): void;
  failed(error: ParleyError): void;
}

export interface RunningUtterance {
  write(pcm: Int16Array): void;
  finish(): void;
}

export interface UtteranceStreamsOptions {
  readonly hints: SpeechHints;
  /** Hz, of what is written. */
  readonly sampleRate: number;
  readonly clock: Clock;
  /** A recogniser has become free. */
  readonly onFree: () => void;
}

/** More would not help: who is so far behind does not catch up. */
const MAX_STREAMS = 3;
/** From the end of an utterance, and as long again as it is: a recogniser that has not answered by then is taken for broken. */
const FINAL_TIMEOUT_MS = 10_000;

/**
 * A recogniser understands one utterance at a time, and somebody who goes on talking begins the next one before the last is
 * understood: that one gets another recogniser, and waits if there is none. So finals may overtake each other.
 */
export class UtteranceStreams {
  private readonly lanes: Lane[];
  private readonly waiting: Utterance[] = [];
  private readonly closed = new AbortController();
  private epochs = 0;
  private isOpening = false;

  /** @param ears prepared for the hints. */
  constructor(
    private readonly ears: Ears,
    private readonly options: UtteranceStreamsOptions,
  ) {
    this.lanes = [{ stream: ears.stt, connection: undefined, epoch: 0, utterance: undefined }];
  }

  /** Audio for which there is no recogniser yet. */
  get waitingMs(): number {
    const samples = this.waiting.reduce((sum, utterance) => sum + utterance.samples, 0);
    return (samples * 1000) / this.options.sampleRate;
  }

  begin(events: UtteranceEvents): RunningUtterance {
    const utterance: Utterance = { events, early: [], samples: 0, isEnded: false, isOver: false, lane: undefined };
    this.waiting.push(utterance);
    this.serve();
    return {
      write: (pcm) => this.write(utterance, pcm),
      finish: () => this.finish(utterance),
    };
  }

  /** Gives back all recognisers but the first, as far as they are free. */
  rest(): void {
    for (const lane of this.lanes.slice(1)) {
      if (lane.utterance) continue;
      this.lanes.splice(this.lanes.indexOf(lane), 1);
      this.ears.giveBack(lane.stream);
    }
  }

  /** Nothing is told any more. Whoever lent `ears` takes them back. Idempotent. */
  close(): void {
    this.closed.abort(new ParleyError('aborted', 'the leg is closed'));
    for (const { utterance } of this.lanes) if (utterance) this.end(utterance);
    for (const utterance of this.waiting.splice(0)) utterance.isOver = true;
    for (const lane of this.lanes) lane.stream.cancel();
  }

  private write(utterance: Utterance, pcm: Int16Array): void {
    if (utterance.isOver || utterance.isEnded) return;
    utterance.samples += pcm.length;
    if (utterance.lane) this.give(utterance, utterance.lane, pcm);
    else utterance.early.push(pcm);
  }

  private finish(utterance: Utterance): void {
    if (utterance.isOver || utterance.isEnded) return;
    utterance.isEnded = true;
    if (utterance.lane) this.awaitFinal(utterance, utterance.lane);
  }

  private serve(): void {
    for (const lane of this.lanes) {
      if (this.closed.signal.aborted) return;
      if (!lane.utterance && this.waiting.length > 0) this.engage(lane, this.waiting.shift()!);
    }
    if (this.waiting.length > 0) void this.openAnother();
  }

  private async openAnother(): Promise<void> {
    if (this.isOpening || this.lanes.length >= MAX_STREAMS) return;
    this.isOpening = true;
    let stream: SttStream | undefined;
    try {
      stream = await this.ears.another(this.closed.signal);
      await stream.prepare(this.options.hints);
      if (this.closed.signal.aborted) this.ears.giveBack(stream);
      else this.lanes.push({ stream, connection: undefined, epoch: 0, utterance: undefined });
    } catch {
      // There is none, or it is not for us: the utterance waits for those there are.
      if (stream) this.ears.giveBack(stream);
      return;
    } finally {
      this.isOpening = false;
    }
    if (this.closed.signal.aborted) return;
    this.serve();
    this.options.onFree();
  }

  private engage(lane: Lane, utterance: Utterance): void {
    const { sampleRate } = this.options;
    lane.utterance = utterance;
    utterance.lane = lane;
    utterance.resampler = sampleRate === this.ears.sttRate ? undefined : new Resampler(sampleRate, this.ears.sttRate);
    const listener: SttListener = {
      onPartial: (text) => {
        if (!utterance.isOver) utterance.events.partial(text);
      },
      onFinal: (result) => {
        if (!this.end(utterance)) return;
        utterance.events.final(result, this.epochOf(lane, result), utterance.resampler?.delayMs ?? 0);
        this.freed();
      },
      onError: (error) => {
        if (!this.end(utterance)) return;
        utterance.events.failed(
          error instanceof ParleyError ? error : new ParleyError('stt_failed', messageOf(error), true),
        );
        this.freed();
      },
    };
    // Whoever is answered goes before whoever is only listened to.
    lane.stream.start(listener, 'system');
    for (const pcm of utterance.early.splice(0)) this.give(utterance, lane, pcm);
    if (utterance.isEnded) this.awaitFinal(utterance, lane);
  }

  private give(utterance: Utterance, lane: Lane, pcm: Int16Array): void {
    if (!utterance.isOver) lane.stream.write(utterance.resampler?.process(pcm) ?? pcm);
  }

  private awaitFinal(utterance: Utterance, lane: Lane): void {
    if (utterance.isOver) return;
    const { sampleRate, clock } = this.options;
    if (utterance.resampler) lane.stream.write(utterance.resampler.flush());
    const limitMs = FINAL_TIMEOUT_MS + (utterance.samples * 1000) / sampleRate;
    utterance.deadline = clock.setTimeout(() => {
      lane.stream.cancel();
      if (!this.end(utterance)) return;
      utterance.events.failed(new ParleyError('timeout', `No final within ${Math.round(limitMs)} ms`, true));
      this.freed();
    }, limitMs);
    lane.stream.finish();
  }

  private end(utterance: Utterance): boolean {
    if (utterance.isOver) return false;
    utterance.isOver = true;
    utterance.deadline?.cancel();
    if (utterance.lane) utterance.lane.utterance = undefined;
    return true;
  }

  private freed(): void {
    if (this.closed.signal.aborted) return;
    this.serve();
    this.options.onFree();
  }

  private epochOf(lane: Lane, { provider, epoch }: SttResult): number {
    const connection = `${provider} ${epoch}`;
    if (lane.connection !== connection) {
      lane.connection = connection;
      lane.epoch = ++this.epochs;
    }
    return lane.epoch;
  }
}

/** One recogniser. */
interface Lane {
  readonly stream: SttStream;
  /** Which of its connections has understood something last. */
  connection: string | undefined;
  epoch: number;
  utterance: Utterance | undefined;
}

interface Utterance {
  readonly events: UtteranceEvents;
  /** Audio that came before there was a recogniser. */
  readonly early: Int16Array[];
  samples: number;
  isEnded: boolean;
  isOver: boolean;
  lane: Lane | undefined;
  resampler?: Resampler | undefined;
  deadline?: Timer;
}
