import type { QueuedFrame } from '../audio/frame-queue.js';
import { Resampler } from '../audio/resampler.js';
import type { DroppedAudio, SourceQueues } from '../audio/source-queues.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import type { SpeechHints, SttResult, SttStream } from '../speech/stt-stream.js';
import type { VadRate, VadStream, VoiceActivityDetector } from '../speech/voice-activity.js';
import { AudioRing } from './audio-ring.js';
import { CallerAudio } from './caller-audio.js';
import { TurnDetector, type TurnDetectorOptions, type TurnSignal } from './turn-detector.js';
import type { SpeechTiming } from './turn.js';

const FRAME_MS = 20;
const RING_MS = 3000;
/** A recogniser that has not answered by then is taken for broken. */
const FINAL_TIMEOUT_MS = 10_000;
/** A client that sends nothing for so long in the middle of speech does not send silence: the caller has stopped. */
const STARVED_MS = 2000;

export interface ListenerEvents {
  /** `speechMs` of speech without a break, begun at `sinceMs`; the first frame of it arrived at clock time `arrivedAt`. */
  speechHeard(speechMs: number, sinceMs: number, arrivedAt: number, first: boolean): void;
  speechStopped(atMs: number): void;
  partial(text: string, stable: boolean): void;
  final(result: SttResult, timing: SpeechTiming, span: { startMs: number; endMs: number }): void;
  /** @param startedAt clock time since which the recogniser heard the utterance */
  failed(error: Error, startedAt: number): void;
  /** Nobody waits for what comes of an utterance any more. */
  abandoned(startedAt: number): void;
  dropped(audio: DroppedAudio): void;
}

export interface ListenerOptions extends TurnDetectorOptions {
  readonly inputRate: number;
  readonly sttRate: number;
  readonly preRollMs: number;
}

interface Utterance {
  readonly startMs: number;
  /** Clock time since which the recogniser hears it. */
  readonly startedAt: number;
  speechEndMs: number;
  /** Clock times; undefined while the caller speaks. */
  end?: { readonly speechEndedAt: number; readonly endpointedAt: number };
}

/** The caller's audio: from frames to utterances. Silence never reaches the recogniser. */
export class Listener {
  private readonly detector: TurnDetector;
  private readonly audio: CallerAudio;
  private readonly ring: AudioRing;
  private readonly vad: VadStream;
  private readonly toVad: Resampler | undefined;
  /** One for each utterance: silence is not even converted. */
  private toStt: Resampler | undefined;
  private utterance: Utterance | undefined;
  /** An utterance that began while the final of the one before it is still to come. */
  private waiting: { readonly sinceMs: number; stoppedAtMs?: number } | undefined;
  private awaitingFinal = false;
  private deadline: Timer | undefined;
  private starvation: Timer | undefined;
  /** Until audio that came ahead of its time is due. */
  private pacing: Timer | undefined;
  private draining = false;
  /** Audio up to here belongs to an utterance that is over. */
  private understoodMs = 0;
  private listening = false;
  private closed = false;

  constructor(
    private readonly options: ListenerOptions,
    /** With a `mic`; closed by whoever opened them. */
    private readonly queues: SourceQueues,
    private readonly stt: SttStream,
    detector: VoiceActivityDetector,
    private readonly clock: Clock,
    private readonly events: ListenerEvents,
  ) {
    const { inputRate } = options;
    const vadRate: VadRate = inputRate === 8000 ? 8000 : 16_000;
    this.audio = new CallerAudio(clock);
    this.ring = new AudioRing(inputRate, RING_MS);
    this.toVad = inputRate === vadRate ? undefined : new Resampler(inputRate, vadRate);
    this.detector = new TurnDetector(options);
    this.vad = detector.open(vadRate, (probability, endMs) => this.onWindow(probability, endMs));
  }

  /** The caller speaks, or has just spoken and is being understood. */
  get busy(): boolean {
    return this.detector.speaking || this.awaitingFinal;
  }

  get speaking(): boolean {
    return this.detector.speaking;
  }

  /** What may be said next; takes effect with the next utterance. */
  prepare(hints: SpeechHints): Promise<void> {
    return this.stt.prepare(hints);
  }

  /** Audio that came before this waits in the queue. */
  start(): void {
    this.listening = true;
    this.drain();
  }

  push(pcm: Int16Array): void {
    if (this.closed) return;
    this.audio.arrived();
    const frameLength = (this.options.inputRate * FRAME_MS) / 1000;
    for (let at = 0; at < pcm.length; at += frameLength) {
      const frame = pcm.length <= frameLength ? pcm : pcm.subarray(at, at + frameLength);
      const dropped = this.queues.push('mic', frame);
      if (dropped) this.events.dropped(dropped);
      if (this.listening) this.drain();
    }
  }

  /** Idempotent; the recogniser's stream goes back to whoever lent it. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.deadline?.cancel();
    this.starvation?.cancel();
    this.pacing?.cancel();
    this.stt.cancel();
    if (this.utterance) this.events.abandoned(this.utterance.startedAt);
    this.vad.close();
  }

  private drain(): void {
    // A detector may answer while it is written to: its windows are to come in order.
    if (this.draining) return;
    this.draining = true;
    try {
      while (this.audio.hasRoom) {
        const frame = this.queues.take('mic');
        if (!frame) return;
        this.hear(frame);
      }
    } finally {
      this.draining = false;
    }
    this.drainWhenDue();
  }

  private hear({ pcm, gap }: QueuedFrame): void {
    this.audio.take((pcm.length * 1000) / this.options.inputRate, gap ? gap.toMs - gap.fromMs : 0);
    this.ring.push(pcm);
    if (this.utterance && !this.awaitingFinal) this.writeToStt(pcm);
    this.vad.write(this.toVad ? this.toVad.process(pcm) : pcm);
  }

  /** What waits for the detector goes on with its next window; what came ahead of its time has to be looked after. */
  private drainWhenDue(): void {
    const { tooEarlyMs } = this.audio;
    if (this.pacing || this.closed || tooEarlyMs < 0) return;
    this.pacing = this.clock.setTimeout(
      () => {
        this.pacing = undefined;
        this.drain();
      },
      Math.max(FRAME_MS, tooEarlyMs),
    );
  }

  private onWindow(probability: number, endMs: number): void {
    if (this.closed) return;
    this.audio.detected(endMs);
    const signal = this.detector.push(probability, endMs);
    if (signal) this.onSignal(signal);
    if (this.listening) this.drain();
  }

  private onSignal(signal: TurnSignal): void {
    if (signal.type === 'stopped') return this.speechStopped(signal.atMs);
    if (signal.type === 'started') {
      this.watchLine(STARVED_MS);
      this.beginUtterance(signal.sinceMs);
    }
    this.events.speechHeard(
      signal.speechMs,
      this.audio.callMsAt(signal.sinceMs),
      this.audio.arrivalOf(signal.sinceMs),
      signal.type === 'started',
    );
  }

  private speechStopped(atMs: number): void {
    this.starvation?.cancel();
    this.events.speechStopped(this.audio.callMsAt(atMs));
    this.endUtterance(atMs);
  }

  private watchLine(forMs: number): void {
    this.starvation?.cancel();
    this.starvation = this.clock.setTimeout(() => {
      const leftMs = this.audio.lastArrivedAt + STARVED_MS - this.clock.now();
      if (leftMs > 0) this.watchLine(leftMs);
      else if (this.detector.speaking) this.speechStopped(this.detector.end());
    }, forMs);
  }

  private beginUtterance(sinceMs: number): void {
    if (this.awaitingFinal) {
      this.waiting = { sinceMs: this.waiting?.sinceMs ?? sinceMs };
      return;
    }
    this.waiting = undefined;
    this.utterance = { startMs: sinceMs, startedAt: this.clock.now(), speechEndMs: sinceMs };
    this.stt.start({
      onPartial: (text, stable) => this.events.partial(text, stable),
      onFinal: (result) => this.onFinal(result),
      onError: (error) => this.onError(error),
    });
    const { inputRate, sttRate, preRollMs } = this.options;
    this.toStt = inputRate === sttRate ? undefined : new Resampler(inputRate, sttRate);
    this.writeToStt(this.ring.since(Math.max(sinceMs - preRollMs, this.understoodMs)));
  }

  private writeToStt(pcm: Int16Array): void {
    this.stt.write(this.toStt ? this.toStt.process(pcm) : pcm);
  }

  private endUtterance(atMs: number): void {
    if (this.awaitingFinal && this.waiting) this.waiting.stoppedAtMs = atMs;
    if (!this.utterance || this.awaitingFinal) return;
    this.noteEnd(this.utterance, atMs);
    this.awaitingFinal = true;
    this.deadline = this.clock.setTimeout(() => {
      this.stt.cancel();
      this.onError(new ParleyError('stt_failed', `No final within ${FINAL_TIMEOUT_MS} ms`, true));
    }, FINAL_TIMEOUT_MS);
    this.stt.finish();
  }

  private noteEnd(utterance: Utterance, atMs: number): void {
    utterance.speechEndMs = atMs;
    utterance.end = { speechEndedAt: this.audio.arrivalOf(atMs), endpointedAt: this.clock.now() };
  }

  private onFinal(result: SttResult): void {
    this.endEarly();
    const utterance = this.utterance;
    this.nextUtterance();
    if (!utterance) return;
    const { startMs, startedAt, speechEndMs, end } = utterance;
    const finalAt = this.clock.now();
    const timing = { startedAt, speechEndedAt: finalAt, endpointedAt: finalAt, ...end, finalAt };
    const span = {
      startMs: this.audio.callMsAt(startMs),
      endMs: this.audio.callMsAt(Math.max(startMs, speechEndMs)),
    };
    this.events.final(result, timing, span);
  }

  private onError(error: Error): void {
    this.endEarly();
    const startedAt = this.utterance?.startedAt ?? this.clock.now();
    this.nextUtterance();
    this.events.failed(error, startedAt);
  }

  /** A recogniser may decide by itself that the utterance is over: what the caller goes on to say is the next one. */
  private endEarly(): void {
    if (!this.utterance || this.awaitingFinal) return;
    this.noteEnd(this.utterance, this.detector.end());
    this.understoodMs = this.audio.positionMs;
    this.starvation?.cancel();
    this.events.speechStopped(this.audio.callMsAt(this.utterance.speechEndMs));
  }

  private nextUtterance(): void {
    this.deadline?.cancel();
    this.utterance = undefined;
    this.awaitingFinal = false;
    const waiting = this.waiting;
    if (!waiting) return;
    this.beginUtterance(waiting.sinceMs);
    if (waiting.stoppedAtMs !== undefined) this.endUtterance(waiting.stoppedAtMs);
  }
}
