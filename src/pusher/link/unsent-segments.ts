import type { Segment } from '../../services/conversations/conversation-record.js';
import { segmentsFrame } from './frames.js';

interface Entry {
  readonly key: string;
  readonly conversationId: string;
  readonly json: string;
  readonly bytes: number;
  onItsWay: boolean;
}

export interface SegmentsBatch {
  readonly frame: Buffer;
  /** It was taken: what has not changed since needs not be sent again. */
  accepted(): void;
}

/** What surrounds the segments of a frame, and the id of the conversation. */
const ENVELOPE_BYTES = 256;

/** The latest state of each segment, until it is sent. */
export class UnsentSegments {
  private readonly entries = new Map<string, Entry>();
  private waiting = 0;

  constructor(
    private readonly capacity: number,
    /** Hears how many had to go. */
    private readonly onDropped: (count: number) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  put(conversationId: string, segments: readonly Segment[]): void {
    for (const segment of segments) {
      const key = `${conversationId} ${segment.id}`;
      const json = JSON.stringify(segment);
      this.remove(key);
      this.entries.set(key, { key, conversationId, json, bytes: Buffer.byteLength(json), onItsWay: false });
      this.waiting++;
    }
    const tooMany = this.entries.size - this.capacity;
    if (tooMany <= 0) return;
    for (const key of [...this.entries.keys()].slice(0, tooMany)) this.remove(key);
    this.onDropped(tooMany);
  }

  /** The next ones of one conversation, in order; they are on their way from now on. Undefined if none waits. */
  take(mostBytes: number): SegmentsBatch | undefined {
    if (this.waiting === 0) return undefined;
    const batch: Entry[] = [];
    let bytes = ENVELOPE_BYTES;
    for (const entry of this.entries.values()) {
      if (entry.onItsWay) continue;
      if (batch.length > 0 && entry.conversationId !== batch[0]!.conversationId) break;
      bytes += entry.bytes + 1;
      if (bytes > mostBytes && batch.length > 0) break;
      if (bytes > mostBytes) {
        this.remove(entry.key);
        this.onDropped(1);
        return this.take(mostBytes);
      }
      batch.push(entry);
    }
    for (const entry of batch) entry.onItsWay = true;
    this.waiting -= batch.length;
    return {
      frame: segmentsFrame(
        batch[0]!.conversationId,
        batch.map(({ json }) => json),
      ),
      accepted: () => {
        for (const entry of batch) if (this.entries.get(entry.key) === entry) this.remove(entry.key);
      },
    };
  }

  /** The connection is gone: what was on its way waits again. */
  rewind(): void {
    for (const entry of this.entries.values()) entry.onItsWay = false;
    this.waiting = this.entries.size;
  }

  private remove(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    if (!entry.onItsWay) this.waiting--;
  }
}
