import type { WavFormat } from './wav-stream.js';

/** A file of a recording, and where it belongs. */
export interface TimedPiece extends WavFormat {
  readonly name: string;
  /** Since the conversation began. */
  readonly startMs: number;
}

/** Something to be heard, in frames of the whole. */
export interface Section {
  readonly from: number;
  readonly to: number;
  readonly piece: TimedPiece;
  /** Where the piece would begin; before `from` another one is heard. */
  readonly pieceAt: number;
}

export interface Timeline {
  /** Hz: the highest of all pieces; 0 if there are none. */
  readonly sampleRate: number;
  /** From the beginning of the conversation to the end of the last piece. */
  readonly frames: number;
  /** One behind the other, none within another; in between is silence. */
  readonly sections: readonly Section[];
}

/** So much between two pieces is no gap: their times are rounded. */
const SAME_TIME_MS = 1.5;

/** Lays pieces one behind the other. What comes twice is heard once. */
export function timelineOf(pieces: readonly TimedPiece[]): Timeline {
  const sampleRate = Math.max(0, ...pieces.map((piece) => piece.sampleRate));
  const placed = pieces
    .map((piece) => {
      const at = Math.round((piece.startMs * sampleRate) / 1000);
      return { piece, at, end: at + Math.ceil((piece.frames * sampleRate) / piece.sampleRate) };
    })
    .sort((one, other) => one.at - other.at || other.end - one.end);
  const sections: Section[] = [];
  let frames = 0;
  for (const { piece, at, end } of placed) {
    const from = Math.max(at, frames);
    if (from >= end) continue;
    sections.push({ from, to: end, piece, pieceAt: at });
    frames = end;
  }
  return { sampleRate, frames, sections };
}

export interface Coverage {
  /** From the beginning of the conversation to the end of what is archived. */
  readonly durationMs: number;
  /** Of that, what is archived. */
  readonly archivedMs: number;
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** How much of the time of a conversation there is. */
export function coverageOf({ sampleRate, frames, sections }: Timeline): Coverage {
  const toMs = (at: number): number => (at * 1000) / sampleRate;
  const gaps = [];
  let heard = 0;
  let before = 0;
  for (const { from, to } of sections) {
    if (toMs(from - before) > SAME_TIME_MS) gaps.push({ fromMs: toMs(before), toMs: toMs(from) });
    heard += to - from;
    before = to;
  }
  return { durationMs: frames && toMs(frames), archivedMs: heard && toMs(heard), gaps };
}
