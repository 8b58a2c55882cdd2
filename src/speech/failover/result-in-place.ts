import type { SttResult } from '../stt-stream.js';

/**
 * Times from the start of the utterance, and in order, whatever the recogniser thinks.
 * @param lostMs of the utterance's beginning, which the recogniser has not got
 */
export function placed(result: SttResult, lostMs: number): SttResult {
  if (result.startMs === undefined && result.words === undefined) return result;
  let earliest = 0;
  const inOrder = (ms: number): number => (earliest = Math.max(earliest, ms + lostMs));
  const words = result.words?.map((word) => ({
    ...word,
    startMs: inOrder(word.startMs),
    endMs: inOrder(word.endMs),
  }));
  const startMs = result.startMs === undefined ? undefined : Math.max(0, result.startMs + lostMs);
  const endMs = result.endMs === undefined ? undefined : Math.max(startMs ?? 0, result.endMs + lostMs);
  return {
    ...result,
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...(words && { words }),
  };
}

/** One count of epochs over several recognisers, each of which may count its own. */
export class Epochs<Recogniser extends object> {
  private readonly known = new WeakMap<Recogniser, { readonly theirs: number | undefined; readonly ours: number }>();
  private last = 0;

  /** A new number whenever a recogniser is new, or counts on. */
  of(recogniser: Recogniser, theirs: number | undefined): number {
    const known = this.known.get(recogniser);
    if (known && known.theirs === theirs) return known.ours;
    this.known.set(recogniser, { theirs, ours: ++this.last });
    return this.last;
  }
}
