import { ManualClock } from '../../../kernel/clock.js';
import type { InferencePriority } from '../../inference-gate.js';
import type { SttListener, SttResult } from '../../stt-stream.js';
import type { BatchRecogniser, BatchTranscript } from '../batch-recogniser.js';
import { BatchSttDriver } from '../batch-stt.driver.js';
import type { BatchSttStream } from '../batch-stt.stream.js';

const RATE = 8000;
const FRAME_MS = 20;
const FRAME = (RATE * FRAME_MS) / 1000;

/** Works for `factor` of the audio's length, and hears the number that stands in the first sample of each second. */
class NumberRecogniser implements BatchRecogniser {
  factor = 0.1;
  fails: ((chunk: number) => unknown) | undefined;
  heedsSignal = true;
  readonly chunksMs: number[] = [];
  /** First samples of chunks, as they were begun. */
  readonly begun: number[] = [];
  working = 0;
  most = 0;

  constructor(private readonly clock: ManualClock) {}

  async transcribe(pcm: Int16Array, signal: AbortSignal): Promise<BatchTranscript> {
    const audioMs = (pcm.length * 1000) / RATE;
    const chunk = this.chunksMs.push(audioMs);
    this.begun.push(pcm[0]!);
    this.most = Math.max(this.most, ++this.working);
    try {
      await this.clock.delay(audioMs * this.factor, this.heedsSignal ? signal : undefined);
      const failure = this.fails?.(chunk);
      if (failure !== undefined) throw failure;
      const numbers = [...pcm].filter((sample) => sample > 0);
      return { text: numbers.join(' '), confidence: numbers.length > 0 ? 0.9 : 0.2 };
    } finally {
      this.working--;
    }
  }
}

/** What a listener was told. */
export class Heard implements SttListener {
  readonly partials: string[] = [];
  readonly finals: SttResult[] = [];
  readonly errors: Error[] = [];

  onPartial(text: string, stable: boolean): void {
    this.partials.push(stable ? text : `unstable ${text}`);
  }

  onFinal(result: SttResult): void {
    this.finals.push(result);
  }

  onError(error: Error): void {
    this.errors.push(error);
  }

  get ends(): number {
    return this.finals.length + this.errors.length;
  }
}

/** A batch driver with a recogniser that hears numbers, on a clock that stands still. */
export class BatchBench {
  readonly clock = new ManualClock();
  readonly recogniser = new NumberRecogniser(this.clock);
  readonly driver: BatchSttDriver;

  constructor(permits = 1, deadlineMs?: number) {
    this.driver = new BatchSttDriver(this.recogniser, this.clock, {
      name: 'numbers',
      languages: ['en'],
      sampleRate: RATE,
      permits,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
  }

  async stream(priority?: InferencePriority): Promise<BatchSttStream> {
    const { signal } = new AbortController();
    await this.driver.start(signal);
    return this.driver.createStream(signal, priority);
  }

  /** Says the numbers from `first` on, one a second, in real time or at once. */
  async say(stream: BatchSttStream, seconds: number, realTime = false, first = 1): Promise<void> {
    for (let frame = 0; frame < seconds * 50; frame++) {
      const pcm = new Int16Array(FRAME);
      if (frame % 50 === 0) pcm[0] = first + frame / 50;
      stream.write(pcm);
      // The stream has its own copy.
      pcm.fill(0);
      if (realTime) await this.clock.advance(FRAME_MS);
    }
  }
}
