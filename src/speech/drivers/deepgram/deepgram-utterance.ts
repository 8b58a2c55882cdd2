import type { SttListener, SttResult, SttWord } from '../../stt-stream.js';
import type { DeepgramResults } from './deepgram-messages.js';

/** The service's times are a few ms off those of the audio that was sent. */
const TOLERANCE_MS = 60;

/** What Deepgram makes of one utterance, which is a stretch of the audio of a longer connection. */
export class DeepgramUtterance {
  /** Sent, or to be sent, ms. */
  audioMs = 0;
  ended = false;
  private readonly finals: { readonly text: string; readonly confidence: number }[] = [];
  private readonly words: SttWord[] = [];
  private interim = '';

  constructor(
    readonly listener: SttListener,
    /** Where it begins in the audio of its connection. */
    private readonly baseMs: number,
  ) {}

  /** Whether words are known, and none that may still change. */
  get isSettled(): boolean {
    return this.interim === '' && this.finals.length > 0;
  }

  /** True: nothing more will come of it. */
  take({ start, duration, is_final, from_finalize, channel }: DeepgramResults): boolean {
    const fromMs = start * 1000 - this.baseMs;
    const toMs = fromMs + duration * 1000;
    // Of what came before it, or of one that was cancelled.
    if (fromMs < -TOLERANCE_MS) return false;
    const best = channel.alternatives[0]!;
    const text = best.transcript.trim().toLowerCase();
    if (is_final) this.settle(text, best);
    else this.interim = text;
    // An answer to the `Finalize` of the one before may be late: it ends where this one begins.
    const isAnswer = from_finalize === true && toMs >= Math.min(TOLERANCE_MS, this.audioMs);
    const isOver = this.ended && is_final && (isAnswer || toMs >= this.audioMs - TOLERANCE_MS);
    if (!isOver && text !== '') this.listener.onPartial(this.textSoFar, is_final);
    return isOver;
  }

  result(): SttResult {
    if (this.finals.length === 0) return { text: '', confidence: 0, rejected: false };
    const weights = this.finals.map(({ text }) => text.split(' ').length);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const first = this.words[0];
    const last = this.words.at(-1);
    return {
      text: this.finals.map(({ text }) => text).join(' '),
      confidence: this.finals.reduce((sum, { confidence }, index) => sum + (confidence * weights[index]!) / total, 0),
      rejected: false,
      ...(first && last && { startMs: first.startMs, endMs: last.endMs }),
      words: this.words,
    };
  }

  private settle(text: string, best: DeepgramResults['channel']['alternatives'][number]): void {
    this.interim = '';
    if (text === '') return;
    this.finals.push({ text, confidence: Math.min(1, Math.max(0, best.confidence)) });
    for (const { word, start, end, speaker } of best.words) {
      this.words.push({
        text: word.toLowerCase(),
        startMs: Math.max(0, start * 1000 - this.baseMs),
        endMs: Math.max(0, end * 1000 - this.baseMs),
        ...(speaker !== undefined && { speaker }),
      });
    }
  }

  private get textSoFar(): string {
    return [...this.finals.map(({ text }) => text), this.interim].filter((text) => text !== '').join(' ');
  }
}
