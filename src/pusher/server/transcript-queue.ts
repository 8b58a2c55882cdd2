import { untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { Segment } from '../../services/conversations/conversation-record.js';
import type { TranscriptSink } from './transcript-sink.js';

const MAX_BATCHES = 50;
const FLUSH_MS = 1000;

interface Batch {
  readonly conversationId: string;
  readonly segments: readonly Segment[];
}

/** The segments of one connection on their way to who wants them live. Beyond fifty batches the oldest goes. */
export class TranscriptQueue {
  private batches: Batch[] = [];
  private flushing: Promise<void> | undefined;

  constructor(
    private readonly tenant: string,
    private readonly sink: TranscriptSink,
    private readonly clock: Clock,
    private readonly onDropped: () => void,
    private readonly onProblem: (problem: string) => void,
  ) {}

  get depth(): number {
    return this.batches.length;
  }

  add(batch: Batch): void {
    this.batches.push(batch);
    if (this.batches.length <= MAX_BATCHES) return;
    this.batches.shift();
    this.onDropped();
  }

  /** Once a second, until it is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.delay(FLUSH_MS, signal);
      await untilAborted(this.flush(), signal);
    }
  }

  /** Resolves when what there is was given on. Never rejects. */
  flush(): Promise<void> {
    return (this.flushing ??= this.publishAll().finally(() => (this.flushing = undefined)));
  }

  private async publishAll(): Promise<void> {
    for (let batch = this.batches.shift(); batch; batch = this.batches.shift()) {
      try {
        await this.sink.publish(this.tenant, batch.conversationId, batch.segments);
      } catch (error) {
        this.onProblem(`Segments could not be passed on: ${messageOf(error)}`);
      }
    }
  }
}
