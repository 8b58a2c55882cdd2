import { isAborted, Aborted } from '../../../../kernel/abort.js';
import type { SpeechHints, SttListener } from '../../../stt-stream.js';
import type { InferencePriority } from '../../../inference-gate.js';
import type { WorkerAnswer } from './protocol.js';
import type { RecogniserWorker } from './recogniser-worker.js';

export interface UtteranceSetup {
  readonly id: number;
  readonly worker: RecogniserWorker;
  readonly listener: SttListener;
  readonly hints: SpeechHints;
  readonly mean: Float32Array | undefined;
  readonly priority: InferencePriority;
  /** Samples that make a request worth its overhead. */
  readonly batchSamples: number;
  /** Called with each answer, for statistics, and the samples it was for. */
  readonly onAnswer: (answer: WorkerAnswer, samples: number) => void;
}

/** Answers in a row with the same words after which the words count as stable: with batches of 80 ms, 240 ms. */
const STABLE_AFTER = 3;

/** One utterance on its way through a worker: batches what is written and turns answers into the listener's calls. */
export class Utterance {
  private chunks: Int16Array[] = [];
  private buffered = 0;
  private begun = false;
  private ended = false;
  private over = false;
  private pumping = false;
  private text = '';
  private sameFor = 0;
  private readonly cancelled = new AbortController();
  private readonly stopWatching: () => void;

  constructor(private readonly setup: UtteranceSetup) {
    this.stopWatching = setup.worker.onLoss((error) => this.fail(error));
  }

  write(pcm: Int16Array): void {
    if (this.over || this.ended || pcm.length === 0) return;
    this.chunks.push(pcm.slice());
    this.buffered += pcm.length;
    void this.pump();
  }

  finish(): void {
    if (this.over || this.ended) return;
    this.ended = true;
    void this.pump();
  }

  cancel(): void {
    if (this.over) return;
    this.close();
    this.cancelled.abort(new Aborted('superseded', 'the utterance was cancelled'));
    if (this.begun)
      this.setup.worker
        .request(() => ({ request: { kind: 'cancel', utterance: this.setup.id } }), 'mic')
        .catch(() => {});
  }

  /** One request at a time; the next takes all that has come meanwhile, so a slow worker gets larger batches. */
  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (!this.over && (this.ended || this.buffered >= this.setup.batchSamples)) await this.step();
    } catch (error) {
      if (!isAborted(error)) this.fail(error as Error);
    } finally {
      this.pumping = false;
    }
  }

  private async step(): Promise<void> {
    const { id, worker, hints, mean, priority } = this.setup;
    let samples = 0;
    const answer = await worker.request(
      () => {
        const pcm = this.take();
        samples = pcm.length;
        const begin = this.begun ? undefined : { hints, mean };
        this.begun = true;
        return {
          request: { kind: 'decode', utterance: id, ...(begin && { begin }), pcm, end: this.ended },
          transfer: [pcm.buffer],
        };
      },
      priority,
      this.cancelled.signal,
    );
    this.setup.onAnswer(answer, samples);
    if (this.over) return;
    if (answer.result) {
      this.close();
      this.setup.listener.onFinal(answer.result);
    } else {
      this.report(answer.text ?? '');
    }
  }

  private report(text: string): void {
    this.sameFor = text === this.text ? this.sameFor + 1 : 0;
    this.text = text;
    if (text !== '' && (this.sameFor === 0 || this.sameFor === STABLE_AFTER)) {
      this.setup.listener.onPartial(text, this.sameFor === STABLE_AFTER);
    }
  }

  private take(): Int16Array<ArrayBuffer> {
    const all = new Int16Array(this.buffered);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.chunks = [];
    this.buffered = 0;
    return all;
  }

  private fail(error: Error): void {
    if (this.over) return;
    this.close();
    this.setup.listener.onError(error);
  }

  private close(): void {
    this.over = true;
    this.chunks = [];
    this.buffered = 0;
    this.stopWatching();
  }
}
