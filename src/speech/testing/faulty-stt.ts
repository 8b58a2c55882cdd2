import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { SttDriver, type SttListener, type SttStream, type SttWord } from '../stt-stream.js';

/** What a recogniser does with one utterance. */
export type SttFate =
  | { readonly kind: 'answers'; readonly afterMs: number }
  /** An error after so much audio, or at the end if there is not so much. */
  | { readonly kind: 'dies'; readonly afterMs: number }
  | { readonly kind: 'never answers' };

/** What becomes of making a stream. */
export type BuildFate = 'works' | 'fails' | 'hangs';

const WORD_MS = 100;

/** A recogniser to fail over from and to: it understands one word each 100 ms, and remembers every sample. */
export class FaultySttDriver extends SttDriver {
  readonly languages: readonly string[];
  readonly fates: SttFate[] = [];
  readonly builds: BuildFate[] = [];
  /** Audio of each utterance that was answered. */
  readonly answered: Int16Array[] = [];
  /** Utterances that have begun and not ended. */
  running = 0;
  /** Of those, the ones whose end nobody will answer. */
  hung = 0;
  streams = 0;

  constructor(
    readonly name: string,
    readonly clock: Clock,
    readonly sampleRate = 8000,
    languages: readonly string[] = ['en'],
  ) {
    super();
    this.languages = languages;
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override createStream(signal: AbortSignal): Promise<SttStream> {
    const fate = this.builds.shift() ?? 'works';
    if (fate === 'fails') return Promise.reject(new ParleyError('stt_failed', `${this.name} cannot be reached`, true));
    if (fate === 'hangs')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    this.streams++;
    return Promise.resolve(new FaultySttStream(this));
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

class FaultySttStream implements SttStream {
  private listener: SttListener | undefined;
  private fate: SttFate = { kind: 'answers', afterMs: 0 };
  private heard: number[] = [];
  private timer: Timer | undefined;
  private isHung = false;

  constructor(private readonly driver: FaultySttDriver) {}

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  reset(): void {
    this.cancel();
  }

  start(listener: SttListener): void {
    this.cancel();
    this.listener = listener;
    this.driver.running++;
    this.heard = [];
    this.fate = this.driver.fates.shift() ?? { kind: 'answers', afterMs: 0 };
  }

  write(pcm: Int16Array): void {
    if (!this.listener) return;
    for (const sample of pcm) this.heard.push(sample);
    if (this.fate.kind === 'dies' && this.heardMs >= this.fate.afterMs) return this.fail();
    const text = this.words().join(' ');
    if (text !== '') this.listener.onPartial(text, false);
  }

  finish(): void {
    if (!this.listener) return;
    if (this.fate.kind === 'never answers') {
      this.isHung = true;
      this.driver.hung++;
      return;
    }
    if (this.fate.kind === 'dies') return this.fail();
    this.timer = this.driver.clock.setTimeout(() => this.answer(), this.fate.afterMs);
  }

  cancel(): void {
    this.timer?.cancel();
    if (this.listener) this.driver.running--;
    if (this.isHung) this.driver.hung--;
    this.isHung = false;
    this.listener = undefined;
  }

  close(): Promise<void> {
    this.cancel();
    this.driver.streams--;
    return Promise.resolve();
  }

  private answer(): void {
    const { listener } = this;
    this.driver.answered.push(Int16Array.from(this.heard));
    const words = this.words();
    const timed: SttWord[] = words.map((text, index) => ({
      text,
      startMs: index * WORD_MS,
      endMs: (index + 1) * WORD_MS,
    }));
    this.cancel();
    listener?.onFinal({ text: words.join(' '), confidence: 1, rejected: false, startMs: 0, words: timed });
  }

  private fail(): void {
    const { listener } = this;
    this.cancel();
    listener?.onError(new ParleyError('stt_failed', `${this.driver.name} died`, true));
  }

  private words(): string[] {
    return Array.from({ length: Math.floor(this.heardMs / WORD_MS) }, (_, index) => `w${index}`);
  }

  private get heardMs(): number {
    return (this.heard.length * 1000) / this.driver.sampleRate;
  }
}
