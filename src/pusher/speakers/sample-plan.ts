import type { Listened, Segment } from '../../services/conversations/conversation-record.js';

/** Milliseconds since the conversation's beginning. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SamplePlan {
  /** In order of time: nothing but this voice. */
  readonly stretches: readonly Stretch[];
  /** Which channel of a recording with both legs. */
  readonly leg: 'own' | 'customer';
}

export interface PlanProblem {
  readonly problem: string;
  /** Whether it may be otherwise later: never, as long as the conversation goes on, or until all of it is stored. */
  readonly mayChange: 'never' | 'while_it_goes_on' | 'when_it_is_stored';
}

export interface SampleWish {
  readonly segmentIds: readonly string[];
  /** What the conversation calls them. */
  readonly personId: string;
  /** So much speech there has to be, ms. */
  readonly leastMs: number;
}

/** What a recogniser that does not tell voices apart takes everybody on a shared leg for. */
const UNDIVIDED = 0;
/** Not all of it will be voiced. */
const RESERVE = 1.25;
const MOST_MS = 30_000;
/** Shorter ones are cut out of words. */
const SHORTEST_MS = 500;
/** Of what is said meanwhile, by whoever it is. */
const LEAST_SHARE = 0.7;

/**
 * Where in a conversation a voice can be learned: in the segments that were named, and if that is too little, in those of
 * the same speaker that are next to them. Undefined if they are another person's by now.
 */
export function planSample(heard: Listened, wish: SampleWish): SamplePlan | PlanProblem | undefined {
  const asked = new Set(wish.segmentIds);
  const theirs = heard.segments.filter(({ person_id }) => person_id === wish.personId);
  const still = theirs.filter(({ id }) => asked.has(id));
  // Segments are joined; then another one has their words, and the name.
  const named = still.length > 0 ? still : theirs;
  const [first] = named;
  if (!first) {
    const isRenamed = heard.segments.some(({ id, person_id }) => asked.has(id) && person_id !== null);
    return isRenamed ? undefined : { problem: 'the name is not in the store yet', mayChange: 'when_it_is_stored' };
  }
  const { speaker_id, is_user } = first;
  if (heard.channels === 1 && speaker_id === UNDIVIDED)
    return { problem: 'the recogniser does not tell voices apart', mayChange: 'never' };
  const isSpeaker = (segment: Segment): boolean => segment.speaker_id === speaker_id && segment.is_user === is_user;
  const own = heard.segments.filter(
    (segment) => isSpeaker(segment) && (segment.person_id === null || segment.person_id === wish.personId),
  );
  const others = heard.channels === 1 ? heard.segments.filter((segment) => !isSpeaker(segment)).map(stretchOf) : [];
  const enoughMs = Math.min(MOST_MS, wish.leastMs * RESERVE);
  const taken: Stretch[] = [];
  let spokenMs = 0;
  for (const segment of nearest(own, named.filter(isSpeaker))) {
    if (lengthOf(taken) >= enoughMs) break;
    const stretch = stretchOf(segment);
    spokenMs += stretch.toMs - stretch.fromMs;
    taken.push(...without(stretch, others).filter(({ fromMs, toMs }) => toMs - fromMs >= SHORTEST_MS));
  }
  const aloneMs = lengthOf(taken);
  if (aloneMs < LEAST_SHARE * spokenMs) return { problem: 'several speak at the same time', mayChange: 'never' };
  if (aloneMs < wish.leastMs)
    return {
      problem: `there are ${Math.round(aloneMs)} ms of it, ${wish.leastMs} are needed`,
      mayChange: 'while_it_goes_on',
    };
  return { stretches: atMost(taken).toSorted((a, b) => a.fromMs - b.fromMs), leg: is_user ? 'own' : 'customer' };
}

/** Those that were named, then the others, the nearest first. */
function nearest(segments: readonly Segment[], named: readonly Segment[]): Segment[] {
  const distance = ({ start, end }: Segment): number =>
    Math.min(...named.map((center) => Math.max(center.start - end, start - center.end)));
  const rest = segments.filter((segment) => !named.includes(segment));
  return [...named, ...rest.toSorted((a, b) => distance(a) - distance(b))];
}

function stretchOf({ start, end }: Segment): Stretch {
  return { fromMs: start * 1000, toMs: end * 1000 };
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function without(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  let left = [stretch];
  for (const other of others)
    left = left.flatMap(({ fromMs, toMs }) => {
      if (other.toMs <= fromMs || other.fromMs >= toMs) return [{ fromMs, toMs }];
      return [
        { fromMs, toMs: Math.max(fromMs, other.fromMs) },
        { fromMs: Math.min(toMs, other.toMs), toMs },
      ].filter((part) => part.toMs > part.fromMs);
    });
  return left;
}

/** The first ones, as long together as a sample may be. */
function atMost(stretches: readonly Stretch[]): Stretch[] {
  let leftMs = MOST_MS;
  return stretches.flatMap(({ fromMs, toMs }) => {
    const cut = { fromMs, toMs: Math.min(toMs, fromMs + leftMs) };
    leftMs -= cut.toMs - cut.fromMs;
    return cut.toMs - cut.fromMs >= SHORTEST_MS ? [cut] : [];
  });
}
