import type { Clock, Timer } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { SttDriver, type SttListener, type SttStream, type SttWord } from '../../stt-stream.js';
import { type VadListener, type VadRate, type VadStream, VoiceActivityDetector } from '../../voice-activity.js';

/** Audio whose every sample says which millisecond of the leg it belongs to; up to half a minute, and 0 is nobody's. */
export function marked(fromMs: number, toMs: number, sampleRate: number): Int16Array {
  return Int16Array.from({ length: Math.round(((toMs - fromMs) * sampleRate) / 1000) }, (_, index) =>
    Math.floor(fromMs + 1 + (index * 1000) / sampleRate),
  );
}

/** The millisecond; -1 for silence that was filled in. */
export function markOf(sample: number): number {
  return sample - 1;
}

export interface MarkedVadOptions {
  /** Whether somebody speaks in that millisecond. */
  readonly speaks: (ms: number) => boolean;
  readonly windowMs: number;
  /** From a window to its judgement; 0 is within `write`. */
  readonly delayMs: number;
  readonly clock: Clock;
}

/** Hears speech where it is said to be, by the marks. */
export class MarkedVad extends VoiceActivityDetector {
  readonly name = 'marked';
  /** Told for the next windows instead of what is true; `throw` fails within `write`. */
  readonly answers: (number | 'throw')[] = [];
  /** Windows are not answered any more. */
  isDead = false;
  refuses = false;
  openStreams = 0;
  written = 0;

  constructor(private readonly options: MarkedVadOptions) {
    super();
  }

  override async start(): Promise<void> {}

  override async close(): Promise<void> {}

  override open(sampleRate: VadRate, listener: VadListener): VadStream {
    if (this.refuses) throw new ParleyError('build_failed', 'there is no detector');
    const { speaks, windowMs, delayMs, clock } = this.options;
    const length = (sampleRate * windowMs) / 1000;
    const timers = new Set<Timer>();
    let window: number[] = [];
    let windows = 0;
    let isOpen = true;
    this.openStreams++;
    const judge = (): void => {
      const answer = this.answers.shift() ?? (window.some((sample) => sample > 0 && speaks(markOf(sample))) ? 1 : 0);
      const endMs = ++windows * windowMs;
      window = [];
      if (answer === 'throw') throw new Error('the detector broke');
      if (this.isDead) return;
      if (delayMs === 0) return listener(answer, endMs);
      const timer = clock.setTimeout(() => {
        timers.delete(timer);
        if (!this.isDead) listener(answer, endMs);
      }, delayMs);
      timers.add(timer);
    };
    return {
      write: (pcm) => {
        this.written += pcm.length;
        for (const sample of pcm) if (isOpen && window.push(sample) === length) judge();
      },
      close: () => {
        if (isOpen) this.openStreams--;
        isOpen = false;
        for (const timer of timers) timer.cancel();
      },
    };
  }
}

/** What becomes of one utterance: understood `afterMs` its end, unless it is over before. */
export interface MarkedFate {
  readonly afterMs?: number;
  /** An error after so much audio, or at the end if it is shorter. */
  readonly diesAfterMs?: number;
  /** The recogniser takes it for over after so much audio. */
  readonly endsAfterMs?: number;
  readonly neverAnswers?: boolean;
  readonly text?: string;
  readonly rejected?: boolean;
}

const WORD_MS = 100;

/** Understands a word in each 100 ms of what it is given: the millisecond that its first sample is marked with. */
export class MarkedSttDriver extends SttDriver {
  readonly languages = ['en'];
  readonly fates: MarkedFate[] = [];
  readonly streams: MarkedSttStream[] = [];
  /** Samples of each utterance, in the order in which they began. */
  readonly utterances: number[][] = [];

  constructor(
    readonly clock: Clock,
    readonly name = 'marked',
    readonly sampleRate = 8000,
  ) {
    super();
  }

  /** Of all utterances, one after the other. */
  get marks(): number[] {
    return this.utterances.flat().map(markOf);
  }

  override async start(): Promise<void> {}

  override async createStream(): Promise<SttStream> {
    const stream = new MarkedSttStream(this);
    this.streams.push(stream);
    return stream;
  }

  override async close(): Promise<void> {}
}

export class MarkedSttStream implements SttStream {
  private listener: SttListener | undefined;
  private fate: MarkedFate = {};
  private heard: number[] = [];
  private timer: Timer | undefined;

  constructor(private readonly driver: MarkedSttDriver) {}

  get isBusy(): boolean {
    return this.listener !== undefined;
  }

  async prepare(): Promise<void> {}

  reset(): void {
    this.cancel();
  }

  start(listener: SttListener): void {
    this.cancel();
    this.listener = listener;
    this.fate = this.driver.fates.shift() ?? {};
    this.heard = [];
    this.driver.utterances.push(this.heard);
  }

  write(pcm: Int16Array): void {
    if (!this.listener) return;
    for (const sample of pcm) this.heard.push(sample);
    if (this.heardMs >= (this.fate.diesAfterMs ?? Infinity)) this.fail();
    // Not within `write`: what it is given until then belongs to it.
    else if (this.heardMs >= (this.fate.endsAfterMs ?? Infinity)) this.answerAfter(0);
    this.listener?.onPartial(`${this.words.length} words`, false);
  }

  finish(): void {
    if (!this.listener || this.fate.neverAnswers) return;
    if (this.fate.diesAfterMs !== undefined) return this.fail();
    this.answerAfter(this.fate.afterMs ?? 0);
  }

  cancel(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.listener = undefined;
  }

  async close(): Promise<void> {
    this.cancel();
  }

  private answerAfter(ms: number): void {
    this.timer ??= this.driver.clock.setTimeout(() => this.answer(), ms);
  }

  private answer(): void {
    const { listener, words, fate } = this;
    this.cancel();
    const text = fate.text ?? words.map((word) => word.text).join(' ');
    listener?.onFinal({ text, confidence: 0.9, rejected: fate.rejected ?? false, words });
  }

  private fail(): void {
    const { listener } = this;
    this.cancel();
    listener?.onError(new ParleyError('stt_failed', `${this.driver.name} died`, true));
  }

  private get heardMs(): number {
    return (this.heard.length * 1000) / this.driver.sampleRate;
  }

  private get words(): SttWord[] {
    return Array.from({ length: Math.ceil(this.heardMs / WORD_MS) }, (_, index) => ({
      text: String(markOf(this.heard[(index * WORD_MS * this.driver.sampleRate) / 1000]!)),
      startMs: index * WORD_MS,
      endMs: Math.min((index + 1) * WORD_MS, this.heardMs),
    }));
  }
}
