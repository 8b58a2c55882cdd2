import { ParleyError } from '../../../../kernel/errors.js';
import type { InferencePriority } from '../../../inference-gate.js';
import type { SpeechHints, SttListener, SttStream } from '../../../stt-stream.js';
import type { WorkerAnswer } from './protocol.js';
import type { RecogniserWorker } from './recogniser-worker.js';
import { Utterance } from './utterance.js';

export interface StreamSetup {
  readonly priority: InferencePriority;
  readonly batchSamples: number;
  /** The worker this stream belongs to; another one after the first was lost. */
  readonly worker: () => RecogniserWorker;
  readonly nextUtterance: () => number;
  readonly onAnswer: (answer: WorkerAnswer, samples: number) => void;
  readonly onClose: () => void;
}

/** The caller's telephone line, learnt from the utterances so far. */
interface Channel {
  mean?: Float32Array;
}

export class EmbeddedSttStream implements SttStream {
  private hints: SpeechHints | undefined;
  private utterance: Utterance | undefined;
  private channel: Channel = {};
  private closed = false;

  constructor(private readonly setup: StreamSetup) {}

  async prepare(given: SpeechHints): Promise<void> {
    // A grammar has no use for words to expect; the worker need not get them.
    const { bias: _, ...hints } = given;
    if (this.closed) throw new ParleyError('stt_failed', 'The stream is closed');
    if (hints.id === this.hints?.id) return;
    if (!/^en\b/i.test(hints.language)) {
      throw new ParleyError('stt_failed', `The embedded recogniser understands English only, not "${hints.language}"`);
    }
    await this.setup.worker().request(() => ({ request: { kind: 'prepare', hints } }), this.setup.priority);
    this.hints = hints;
  }

  reset(): void {
    this.cancel();
    // A new object, so that the answer to an utterance of the caller before changes nothing.
    this.channel = {};
    this.hints = undefined;
  }

  start(listener: SttListener, priority = this.setup.priority): void {
    this.utterance?.cancel();
    this.utterance = undefined;
    if (this.closed || !this.hints) {
      const reason = this.closed ? 'The stream is closed' : 'The stream has no hints: call prepare first';
      queueMicrotask(() => listener.onError(new ParleyError('stt_failed', reason)));
      return;
    }
    const { channel } = this;
    this.utterance = new Utterance({
      id: this.setup.nextUtterance(),
      worker: this.setup.worker(),
      listener,
      hints: this.hints,
      mean: channel.mean,
      priority,
      batchSamples: this.setup.batchSamples,
      onAnswer: (answer, samples) => {
        channel.mean = answer.mean ?? channel.mean;
        this.setup.onAnswer(answer, samples);
      },
    });
  }

  write(pcm: Int16Array): void {
    this.utterance?.write(pcm);
  }

  finish(): void {
    this.utterance?.finish();
  }

  cancel(): void {
    this.utterance?.cancel();
  }

  close(): Promise<void> {
    this.closed = true;
    this.cancel();
    this.setup.onClose();
    return Promise.resolve();
  }
}
