import { randomUUID } from 'node:crypto';
import type { Segment } from '../../services/conversations/conversation-record.js';
import { type Redact, holdsDigits, redactTogether } from '../../services/conversations/redaction.js';
import { type Passage, passagesOf } from './passages.js';
import { type Utterance, inOrder } from './utterance.js';

/** A passage that others know by its id. */
export interface LiveSegment extends Passage {
  readonly id: string;
  /** What is shown and kept of `text`: without card numbers and the like. */
  readonly shown: string;
}

export interface Changes {
  /** New ones, and those that have changed. */
  readonly updated: readonly LiveSegment[];
  /** Ids that are gone, and never come back. */
  readonly removed: readonly string[];
}

/** Who somebody is. */
export interface Identity {
  readonly personId: string;
  /** Of our side; undefined: as before. */
  readonly isUser?: boolean | undefined;
}

/** A number may go on after so long a silence of its speaker, */
const LONGEST_BREAK_MS = 30_000;
/** and after so many passages of others, */
const MOST_OF_OTHERS = 4;
/** and over so many more passages of the same speaker. */
const MOST_CONTINUATIONS = 4;
/** Passages before one, which may be shown otherwise because of it. */
const REACH = MOST_CONTINUATIONS * (MOST_OF_OTHERS + 1);

/**
 * The transcript of one conversation, in order of time, whatever came when. Pure but for the ids that it makes: the same
 * utterances make the same segments, in whichever order and batches they come.
 */
export class LiveTranscript {
  private segments: LiveSegment[] = [];
  private utterances = 0;

  constructor(
    private readonly redact: Redact,
    private readonly newId: () => string = randomUUID,
  ) {}

  /** Utterances so far. */
  get size(): number {
    return this.utterances;
  }

  get list(): readonly LiveSegment[] {
    return this.segments;
  }

  /** When the last one to speak had finished; undefined if nobody has spoken. Session ms. */
  get endMs(): number | undefined {
    return this.segments.length === 0 ? undefined : Math.max(...this.segments.map(({ endMs }) => endMs));
  }

  get startMs(): number | undefined {
    return this.segments[0]?.startMs;
  }

  /** Goes on with segments that are known already. Only before anything else. */
  restore(known: readonly (Utterance & { readonly id: string })[]): void {
    this.segments = known
      .toSorted(inOrder)
      .map(({ id, ...utterance }) => ({ id, utterances: [utterance], ...utterance, shown: utterance.text }));
    this.utterances = known.length;
  }

  add(heard: readonly Utterance[]): Changes {
    const [first, ...others] = heard.toSorted(inOrder);
    if (!first) return { updated: [], removed: [] };
    const from = this.placeOf(first);
    const reached = Math.max(0, from - REACH);
    const before = this.segments.slice(reached);
    const regrouped = this.segments.slice(from);
    const utterances = [...regrouped.flatMap((segment) => segment.utterances), first, ...others].sort(inOrder);
    const segments = [...this.segments.slice(0, from), ...this.named(passagesOf(utterances), regrouped)];
    this.segments = segments.map((segment, index) => {
      if (index < reached) return segment;
      const shown = this.shownOf(segments, index);
      return shown === segment.shown ? segment : { ...segment, shown };
    });
    this.utterances += heard.length;
    return changesBetween(before, this.segments.slice(reached));
  }

  /** Returns those of the segments that there are, changed. */
  identify(ids: ReadonlySet<string>, { personId, isUser }: Identity): LiveSegment[] {
    const changed: LiveSegment[] = [];
    this.segments = this.segments.map((segment) => {
      if (!ids.has(segment.id)) return segment;
      const known = { personId, isUser: isUser ?? segment.isUser };
      const utterances = segment.utterances.map((utterance) => ({ ...utterance, ...known }));
      const identified = { ...segment, ...known, utterances };
      changed.push(identified);
      return identified;
    });
    return changed;
  }

  /** Index of the segment that begins last of those before `utterance`: none before that can change over it. */
  private placeOf(utterance: Utterance): number {
    let index = this.segments.length - 1;
    while (index > 0 && inOrder(this.segments[index]!.utterances[0]!, utterance) > 0) index--;
    return Math.max(0, index);
  }

  /** Each passage keeps the first id of those whose words it holds, unless another one has it. */
  private named(passages: readonly Passage[], before: readonly LiveSegment[]): LiveSegment[] {
    const known = new Map(before.flatMap((segment) => segment.utterances.map((utterance) => [utterance, segment])));
    const taken = new Set<string>();
    return passages.map((passage) => {
      const candidates = passage.utterances.flatMap((utterance) => known.get(utterance) ?? []);
      const same = candidates.find(({ id }) => !taken.has(id));
      const id = same?.id ?? this.newId();
      taken.add(id);
      return same && isSame(same, passage) ? same : { id, ...passage, shown: passage.text };
    });
  }

  /** Depends on nothing but what is said around it: a card number may be said in several passages. */
  private shownOf(segments: readonly LiveSegment[], index: number): string {
    const { text } = segments[index]!;
    if (!holdsDigits(text)) return this.redact(text);
    const before = continuationsOf(segments, index, -1).toReversed();
    const texts = [...before, segments[index]!, ...continuationsOf(segments, index, 1)].map((segment) => segment.text);
    return redactTogether(this.redact, texts)[before.length] ?? this.redact(text);
  }
}

/** As it is shown and kept. @param originMs session ms of the beginning of the conversation */
export function segmentOf(live: LiveSegment, originMs: number): Segment {
  const seconds = (ms: number): number => Math.max(0, Math.round(ms - originMs)) / 1000;
  return {
    id: live.id,
    text: live.shown,
    speaker: `SPEAKER_${String(live.speakerId).padStart(2, '0')}`,
    speaker_id: live.speakerId,
    is_user: live.isUser,
    person_id: live.personId,
    start: seconds(live.startMs),
    end: seconds(live.endMs),
    stt_provider: live.provider,
  };
}

function isSame(segment: LiveSegment, passage: Passage): boolean {
  return (
    segment.utterances.length === passage.utterances.length &&
    segment.utterances.every((utterance, index) => utterance === passage.utterances[index])
  );
}

/** What the speaker of a passage says next to it, nearest first. */
function continuationsOf(segments: readonly LiveSegment[], index: number, step: 1 | -1): LiveSegment[] {
  const found: LiveSegment[] = [];
  let last = segments[index]!;
  let others = 0;
  for (let at = index + step; found.length < MOST_CONTINUATIONS && others <= MOST_OF_OTHERS; at += step) {
    const segment = segments[at];
    if (!segment) break;
    if (segment.speakerId !== last.speakerId) {
      others++;
      continue;
    }
    const [earlier, later] = step === 1 ? [last, segment] : [segment, last];
    if (later.startMs - earlier.endMs > LONGEST_BREAK_MS) break;
    found.push(segment);
    last = segment;
    others = 0;
  }
  return found;
}

function changesBetween(before: readonly LiveSegment[], after: readonly LiveSegment[]): Changes {
  const known = new Set(before);
  const ids = new Set(after.map(({ id }) => id));
  return {
    updated: after.filter((segment) => !known.has(segment)),
    removed: before.flatMap(({ id }) => (ids.has(id) ? [] : [id])),
  };
}
