import type { ConversationGap } from '../../services/conversations/conversation-record.js';
import { timesOfPiece } from '../../services/archive/piece-name.js';

/** Shorter ones are what rounding leaves. */
const LEAST_GAP_S = 0.25;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Stretches of a conversation of which there is no audio, and of which nobody has said so yet; seconds since it began.
 * @param pieces names of the files of its recording, which say from when until when they are @param endS of the conversation
 */
export function missingAudio(
  pieces: readonly string[],
  known: readonly ConversationGap[],
  endS: number,
): ConversationGap[] {
  const archived = pieces.flatMap((name): Span[] => {
    const times = timesOfPiece(name);
    return times?.endMs === undefined ? [] : [{ start: times.startMs / 1000, end: times.endMs / 1000 }];
  });
  const announced = known.filter((gap) => gap.of !== 'transcript');
  const covered = [...archived, ...announced].sort((one, other) => one.start - other.start);
  const missing: ConversationGap[] = [];
  let at = 0;
  for (const { start, end } of [...covered, { start: endS, end: endS }]) {
    const until = Math.min(start, endS);
    if (until - at >= LEAST_GAP_S) missing.push({ start: at, end: until, of: 'recording', reason: 'not_archived' });
    at = Math.max(at, end);
  }
  return missing;
}
