import type { ConversationRecord } from '../../services/conversations/conversation-record.js';

export type Leg = 'agent' | 'customer';

/** What one side said in one go. Milliseconds since the conversation began. */
export interface CallTurn {
  readonly leg: Leg;
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Of speech whose end nobody has measured. */
const MS_PER_WORD = 370;

/** What was said, in order of its beginning. What was not understood is not among it. */
export function turnsOf(record: ConversationRecord): CallTurn[] {
  const turns = record.listened ? segmentTurns(record.listened.segments) : entryTurns(record);
  return turns.filter(({ text }) => text.trim() !== '').sort((one, other) => one.startMs - other.startMs);
}

function segmentTurns(segments: NonNullable<ConversationRecord['listened']>['segments']): CallTurn[] {
  return segments.map(({ is_user, text, start, end }) => ({
    leg: is_user ? 'agent' : 'customer',
    text,
    startMs: start * 1000,
    endMs: Math.max(start, end) * 1000,
  }));
}

/** Only the beginnings are known: nobody is taken to speak for longer than until the next one begins. */
function entryTurns({ entries }: ConversationRecord): CallTurn[] {
  const said = entries.filter((entry) => entry.role !== 'tool');
  return said.map(({ role, text, at_ms }, index) => {
    const spoken = text.split(/\s+/).length * MS_PER_WORD;
    const next = said[index + 1]?.at_ms ?? Infinity;
    return {
      leg: role === 'agent' ? ('agent' as const) : ('customer' as const),
      text,
      startMs: at_ms,
      endMs: Math.max(at_ms, Math.min(at_ms + spoken, next)),
    };
  });
}
