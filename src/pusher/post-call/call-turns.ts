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

/**
 * Of what an agent of ours says the beginning is known, of what its caller says the end; the rest is estimated, and nobody is
 * taken to have spoken at the same time unless an answer was interrupted. Typing and keys take no time.
 */
function entryTurns({ entries }: ConversationRecord): CallTurn[] {
  const said = entries.filter((entry) => entry.role !== 'tool');
  const lengthOf = (text: string): number => text.split(/\s+/).length * MS_PER_WORD;
  const beginOf = (index: number): number => {
    const entry = said[index];
    if (entry?.role !== 'caller') return entry?.at_ms ?? Infinity;
    if (entry.source !== 'voice') return entry.at_ms;
    return Math.max(said[index - 1]?.at_ms ?? 0, entry.at_ms - lengthOf(entry.text));
  };
  return said.map((entry, index) => {
    const { text, at_ms } = entry;
    if (entry.role === 'caller') return { leg: 'customer', text, startMs: beginOf(index), endMs: at_ms };
    const next = entry.outcome === 'interrupted' ? said[index + 1]?.at_ms : beginOf(index + 1);
    return {
      leg: 'agent',
      text,
      startMs: at_ms,
      endMs: Math.max(at_ms, Math.min(at_ms + lengthOf(text), next ?? Infinity)),
    };
  });
}
