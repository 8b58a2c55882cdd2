import { ParleyError } from '../../kernel/errors.js';
import type { InferencePriority } from '../inference-gate.js';
import type { SpeechHints, SttListener, SttStream } from '../stt-stream.js';
import { BatchUtterance, type BatchUtteranceSetup } from './batch-utterance.js';

export interface BatchStreamSetup extends Omit<BatchUtteranceSetup, 'listener' | 'priority'> {
  readonly languages: readonly string[];
  readonly onClose: () => void;
}

/** Cuts what is said into chunks, and makes one utterance of what is heard in them. It has no use for hints. */
export class BatchSttStream implements SttStream {
  private utterance: BatchUtterance | undefined;
  private closed = false;

  constructor(private readonly setup: BatchStreamSetup) {}

  async prepare({ language }: SpeechHints): Promise<void> {
    if (this.closed) throw new ParleyError('stt_failed', 'The stream is closed');
    const { languages } = this.setup;
    if (!languages.includes(language.split('-')[0]!.toLowerCase()))
      throw new ParleyError('stt_failed', `The recogniser understands ${languages.join(', ')}, not "${language}"`);
  }

  reset(): void {
    this.cancel();
  }

  start(listener: SttListener, priority?: InferencePriority): void {
    this.cancel();
    if (this.closed) {
      queueMicrotask(() => listener.onError(new ParleyError('stt_failed', 'The stream is closed')));
      return;
    }
    this.utterance = new BatchUtterance({ ...this.setup, listener, priority });
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

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    this.setup.onClose();
  }
}
