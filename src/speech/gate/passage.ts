import { type AudioPiece, AudioPieces } from './audio-pieces.js';
import type { SpeechGate } from './speech-gate.js';

/** What is behind a passage. */
export interface PassageEnd {
  /** What comes next belongs to what was passed, whatever it is. */
  readonly isOpen: boolean;
  pass(piece: AudioPiece, isSpeech: boolean): void;
  /** What was passed is an utterance. */
  finalise(): void;
  /** Nothing more is expected soon. */
  rest(): void;
  /** Speech in one window. */
  heard(durationMs: number): void;
  speaking(speaking: boolean, atMs: number): void;
}

export interface PassageOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Silence goes through as well. */
  readonly passesAll: boolean;
  readonly preRollMs: number;
}

/** Lets judged audio through, or keeps it back. */
export class Passage {
  private readonly preRoll: AudioPieces;
  private readonly preRollSamples: number;
  private spokenUntilMs: number;

  constructor(
    private readonly gate: SpeechGate,
    private readonly options: PassageOptions,
    private readonly end: PassageEnd,
    /** Another one over the same line, which this one takes over from. */
    before?: Passage,
  ) {
    if (before?.gate.speaking) this.gate.push(1, 0);
    this.spokenUntilMs = before?.spokenUntilMs ?? 0;
    this.preRoll = new AudioPieces(options.sampleRate);
    this.preRollSamples = Math.round((options.preRollMs * options.sampleRate) / 1000);
  }

  /** @param pieces of one window. */
  push(probability: number, pieces: readonly AudioPiece[]): void {
    for (const run of runs(pieces)) {
      if (run[0]!.breaks) this.interrupt();
      this.pushRun(probability, run);
    }
  }

  /** Nothing follows, or not directly: what is under way ends here. */
  interrupt(): void {
    if (this.gate.interrupt()) this.end.speaking(false, this.spokenUntilMs);
    this.preRoll.take();
    this.end.finalise();
    this.end.rest();
  }

  /** Ends it, and returns what it has kept back. */
  close(): AudioPiece[] {
    return this.preRoll.take();
  }

  private pushRun(probability: number, run: readonly AudioPiece[]): void {
    const startMs = run[0]!.startMs;
    const samples = run.reduce((sum, { pcm }) => sum + pcm.length, 0);
    const durationMs = (samples * 1000) / this.options.sampleRate;
    const { isSpeech, starts, stops, rests } = this.gate.push(probability, durationMs);
    if (isSpeech) {
      this.spokenUntilMs = startMs + durationMs;
      this.end.heard(durationMs);
    }
    if (starts) this.end.speaking(true, startMs);
    if (isSpeech || this.end.isOpen || this.options.passesAll) this.pass(run, isSpeech);
    else this.keep(run);
    if (stops) {
      this.end.speaking(false, this.spokenUntilMs);
      this.end.finalise();
    }
    if (rests) this.end.rest();
  }

  private pass(run: readonly AudioPiece[], isSpeech: boolean): void {
    for (const piece of this.preRoll.take()) this.end.pass(piece, false);
    for (const piece of run) this.end.pass(piece, isSpeech);
  }

  private keep(run: readonly AudioPiece[]): void {
    for (const piece of run) this.preRoll.push(piece);
    this.preRoll.keepLast(this.preRollSamples);
  }
}

/** Pieces that follow each other directly, together. */
function runs(pieces: readonly AudioPiece[]): AudioPiece[][] {
  const all: AudioPiece[][] = [];
  for (const piece of pieces) {
    if (piece.breaks || all.length === 0) all.push([piece]);
    else all.at(-1)!.push(piece);
  }
  return all;
}
