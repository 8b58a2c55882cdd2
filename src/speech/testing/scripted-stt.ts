import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type SpeechHints, SttDriver, type SttListener, type SttResult, type SttStream } from '../stt-stream.js';

/** What the recogniser makes of one utterance, `afterMs` after its end. */
export type ScriptedTranscript =
  | {
      readonly text: string;
      readonly confidence?: number;
      readonly rejected?: boolean;
      readonly afterMs?: number;
    }
  | { readonly error: string; readonly afterMs?: number }
  /** Nothing comes: the test gives the final itself, or the recogniser has stalled. */
  | { readonly byHand: true };

export interface ScriptedSttOptions {
  /** Hz. */
  readonly sampleRate: 8000 | 16_000 | 24_000;
  /** What it hears when the script is over: nothing, unless told. */
  readonly otherwise: () => ScriptedTranscript;
  /** Whether streams keep what happened to them, for tests to look at. Off where calls come and go for hours. */
  readonly remembers: boolean;
}

const usual: ScriptedSttOptions = { sampleRate: 16_000, otherwise: () => ({ text: '' }), remembers: true };

/** A recogniser that hears what it is told to, whatever the audio. Its streams share one script. */
export class ScriptedSttDriver extends SttDriver {
  readonly name = 'scripted';
  readonly languages = ['en'];
  readonly streams: ScriptedSttStream[] = [];
  private readonly transcripts: ScriptedTranscript[] = [];
  private readonly options: ScriptedSttOptions;

  constructor(
    readonly clock: Clock,
    options: Partial<ScriptedSttOptions> = {},
  ) {
    super();
    this.options = { ...usual, ...options };
  }

  get sampleRate(): number {
    return this.options.sampleRate;
  }

  get remembers(): boolean {
    return this.options.remembers;
  }

  /** Adds what the next utterances are heard as. */
  hears(...transcripts: (ScriptedTranscript | string)[]): this {
    this.transcripts.push(...transcripts.map((heard) => (typeof heard === 'string' ? { text: heard } : heard)));
    return this;
  }

  next(): ScriptedTranscript {
    return this.transcripts.shift() ?? this.options.otherwise();
  }

  override async start(): Promise<void> {}

  override async createStream(): Promise<ScriptedSttStream> {
    const stream = new ScriptedSttStream(this);
    if (this.remembers) this.streams.push(stream);
    return stream;
  }

  override async close(): Promise<void> {}
}

/** Answers at `finish` by the script; a test may also speak for it with `partial`, `final` and `fail`. */
export class ScriptedSttStream implements SttStream {
  /** Ids of all hints, in order. */
  readonly prepared: string[] = [];
  /** Milliseconds of audio of each utterance so far. */
  readonly utterancesMs: number[] = [];
  /** The hints each utterance was begun with. */
  readonly hints: (SpeechHints | undefined)[] = [];
  /** Set to keep `prepare` from resolving until it does. */
  preparing: Promise<void> | undefined;
  private current: SpeechHints | undefined;
  private listener: SttListener | undefined;
  private timer: Timer | undefined;

  constructor(private readonly driver: ScriptedSttDriver) {}

  /** Whether an utterance is begun and its final has not come yet. */
  get busy(): boolean {
    return this.listener !== undefined;
  }

  async prepare(hints: SpeechHints): Promise<void> {
    if (this.driver.remembers) this.prepared.push(hints.id);
    await this.preparing;
    this.current = hints;
  }

  reset(): void {
    this.cancel();
  }

  start(listener: SttListener): void {
    this.cancel();
    this.listener = listener;
    if (!this.driver.remembers) return;
    this.utterancesMs.push(0);
    this.hints.push(this.current);
  }

  write(pcm: Int16Array): void {
    if (!this.listener || !this.driver.remembers) return;
    this.utterancesMs[this.utterancesMs.length - 1]! += (pcm.length * 1000) / this.driver.sampleRate;
  }

  finish(): void {
    const heard = this.driver.next();
    if ('byHand' in heard) return;
    const tell = (): void => ('error' in heard ? this.fail(heard.error) : this.final(heard.text, heard));
    // Never within `finish`: no recogniser answers that fast.
    this.timer = this.driver.clock.setTimeout(tell, heard.afterMs ?? 0);
  }

  cancel(): void {
    this.timer?.cancel();
    this.listener = undefined;
  }

  async close(): Promise<void> {
    this.cancel();
  }

  partial(text: string, stable = false): void {
    this.listener?.onPartial(text, stable);
  }

  final(text: string, result: Partial<SttResult> = {}): void {
    const { confidence = 1, rejected = false } = result;
    this.end()?.onFinal({ text, confidence, rejected });
  }

  fail(message: string): void {
    this.end()?.onError(new ParleyError('stt_failed', message, true));
  }

  private end(): SttListener | undefined {
    const listener = this.listener;
    this.cancel();
    return listener;
  }
}
