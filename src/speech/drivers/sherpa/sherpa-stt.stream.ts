import { ParleyError } from '../../../kernel/errors.js';
import type { SttListener, SttStream } from '../../stt-stream.js';
import { SherpaUtterance, type UtteranceLine } from './sherpa-utterance.js';

export interface SherpaStreamSetup {
  readonly sampleRate: number;
  /** Undefined when no process is ready. */
  readonly begin: (utterance: SherpaUtterance) => UtteranceLine | undefined;
  readonly onClose: () => void;
}

export class SherpaSttStream implements SttStream {
  private utterance: SherpaUtterance | undefined;
  private closed = false;

  constructor(private readonly setup: SherpaStreamSetup) {}

  /** Words to expect are part of the model (`hotwords.txt`): the binding takes none for a stream. */
  prepare(): Promise<void> {
    if (this.closed) return Promise.reject(new ParleyError('stt_failed', 'The stream is closed'));
    return Promise.resolve();
  }

  reset(): void {
    this.cancel();
  }

  start(listener: SttListener): void {
    this.cancel();
    const utterance = new SherpaUtterance(listener, this.setup.sampleRate);
    this.utterance = utterance;
    const line = this.closed ? undefined : this.setup.begin(utterance);
    if (line) {
      utterance.connect(line);
      return;
    }
    const reason = this.closed ? 'The stream is closed' : 'No recogniser process is ready';
    queueMicrotask(() => utterance.fail(new ParleyError('stt_failed', reason, !this.closed)));
  }

  write(pcm: Int16Array): void {
    this.utterance?.write(pcm);
  }

  finish(): void {
    this.utterance?.finish();
  }

  cancel(): void {
    this.utterance?.cancel();
    this.utterance = undefined;
  }

  close(): Promise<void> {
    this.closed = true;
    this.cancel();
    this.setup.onClose();
    return Promise.resolve();
  }
}
