import type { OnlineResult } from 'sherpa-onnx-node';
import type { SttListener } from '../../stt-stream.js';
import { plain, toResult } from './heard-words.js';

/** Of an utterance, the way to the process that follows it. */
export interface UtteranceLine {
  send(pcm: Int16Array, end: boolean): void;
  cancel(): void;
}

/** Sent to the process at once. */
const BATCH_MS = 60;

/** One utterance, on the side of the call: collects audio, and tells the listener what comes back. */
export class SherpaUtterance {
  private line: UtteranceLine | undefined;
  private collected: Int16Array[] = [];
  private waiting = 0;
  private samples = 0;
  private ended = false;
  private over = false;
  private text = '';

  constructor(
    private readonly listener: SttListener,
    private readonly sampleRate: number,
  ) {}

  /** The result is wanted. */
  get isEnded(): boolean {
    return this.ended;
  }

  connect(line: UtteranceLine): void {
    this.line = line;
  }

  write(pcm: Int16Array): void {
    if (this.over || this.ended || pcm.length === 0) return;
    this.collected.push(pcm.slice());
    this.waiting += pcm.length;
    if (this.waiting * 1000 >= BATCH_MS * this.sampleRate) this.flush(false);
  }

  finish(): void {
    if (this.over || this.ended) return;
    this.ended = true;
    this.flush(true);
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.collected = [];
    this.line?.cancel();
  }

  hear(text: string): void {
    const heard = plain(text);
    if (this.over || heard === '' || heard === this.text) return;
    this.text = heard;
    this.listener.onPartial(heard, false);
  }

  complete(result: OnlineResult): void {
    if (this.over) return;
    this.over = true;
    this.listener.onFinal(toResult(result, (this.samples * 1000) / this.sampleRate));
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.collected = [];
    this.listener.onError(error);
  }

  private flush(end: boolean): void {
    const pcm = new Int16Array(this.waiting);
    let at = 0;
    for (const piece of this.collected) {
      pcm.set(piece, at);
      at += piece.length;
    }
    this.samples += pcm.length;
    this.collected = [];
    this.waiting = 0;
    this.line?.send(pcm, end);
  }
}
