import type { Segment } from '../../services/conversations/conversation-record.js';

/** Whoever wants to know what is said while it is said. */
export abstract class TranscriptSink {
  /** Each of the segments is new, or has changed, and is whole. What this rejects with is logged, and they are not given again. */
  abstract publish(tenant: string, conversationId: string, segments: readonly Segment[]): Promise<void>;
}

/** Nobody. */
export class NoTranscriptSink extends TranscriptSink {
  publish(): Promise<void> {
    return Promise.resolve();
  }
}
