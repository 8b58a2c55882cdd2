import type { AudioSource } from '../../audio/source-queues.js';
import type { ConversationGap } from '../../services/conversations/conversation-record.js';

/** A stretch of which something is missing. Session ms. */
export interface NotedGap {
  /** Undefined: of every leg. */
  readonly source: AudioSource | undefined;
  readonly of: ConversationGap['of'];
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Rounding of samples to milliseconds, over and over. */
const TOUCHING_MS = 25;
const MOST = 1000;

/** What is missing of one conversation: what follows on one another is one gap. */
export class GapBook {
  private readonly gaps: NotedGap[] = [];
  /** Gaps, or ends of them, that the client has not been told of. */
  private untold: NotedGap[] = [];

  note(gap: NotedGap): void {
    if (gap.toMs <= gap.fromMs) return;
    prolong(this.gaps, gap, this.gaps.length >= MOST ? Infinity : TOUCHING_MS);
    prolong(this.untold, gap, this.untold.length >= MOST ? Infinity : TOUCHING_MS);
  }

  /** What has not been asked for yet. */
  news(): NotedGap[] {
    const { untold } = this;
    this.untold = [];
    return untold;
  }

  /** What was noted earlier, of a conversation that goes on. */
  restore(gaps: readonly NotedGap[]): void {
    this.gaps.push(...gaps);
  }

  /** In order of their beginning. @param originMs session ms of the beginning of the conversation */
  list(originMs: number): ConversationGap[] {
    const seconds = (ms: number): number => Math.max(0, Math.round(ms - originMs)) / 1000;
    return this.gaps
      .map(({ of, reason, fromMs, toMs }) => ({ start: seconds(fromMs), end: seconds(toMs), of, reason }))
      .sort((a, b) => a.start - b.start);
  }
}

/** Joins the gap to the one of its kind that it touches, or adds it. */
function prolong(gaps: NotedGap[], gap: NotedGap, withinMs: number): void {
  const index = gaps.findLastIndex(
    ({ source, of, reason }) => source === gap.source && of === gap.of && reason === gap.reason,
  );
  const last = gaps[index];
  if (!last || gap.fromMs - last.toMs > withinMs || gap.toMs < last.fromMs - withinMs) {
    if (withinMs !== Infinity) gaps.push(gap);
    return;
  }
  gaps[index] = { ...last, fromMs: Math.min(last.fromMs, gap.fromMs), toMs: Math.max(last.toMs, gap.toMs) };
}
