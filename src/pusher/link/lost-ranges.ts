export interface AudioRange {
  readonly conversationId: string;
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Audio that is given up frame by frame is told in pieces of this length at most, so that it is told in time. */
const MAX_RANGE_MS = 30_000;
/** Times go through seconds and back. */
export const SAME_TIME_MS = 1;

/** Puts together what is lost one after the other, before it is told. */
export class LostRanges {
  private range: AudioRange | undefined;
  /** Of what was told, and what will be. */
  totalMs = 0;

  constructor(private readonly tell: (range: AudioRange) => void) {}

  add(lost: AudioRange): void {
    this.totalMs += lost.toMs - lost.fromMs;
    this.range = this.joined(lost);
    if (this.range.toMs - this.range.fromMs >= MAX_RANGE_MS) this.flush();
  }

  /** Tells what has not been told yet. */
  flush(): void {
    const range = this.range;
    this.range = undefined;
    if (range) this.tell(range);
  }

  private joined(lost: AudioRange): AudioRange {
    const before = this.range;
    if (before && follows(before, lost)) return { ...before, toMs: lost.toMs };
    this.flush();
    return lost;
  }
}

export function follows(before: AudioRange, after: AudioRange): boolean {
  return before.conversationId === after.conversationId && Math.abs(after.fromMs - before.toMs) <= SAME_TIME_MS;
}
