import { Samples } from './samples.ts';

/** Counts of one measuring window, of one load process or of all. */
export interface Counts {
  framesSent: number;
  framesReceived: number;
  turns: number;
  /** Turns without an answer within the script's limit. */
  unanswered: number;
  /** Barge-ins after which no `clear` came before the caller had said everything. */
  uncleared: number;
  /** Answers heard to the end, and the 20 ms frames that were missing in them. */
  answersInFull: number;
  framesMissing: number;
  /** Frames of an old answer that came after its `clear`. */
  framesStale: number;
  /** Audio heard, and how long the phone had nothing to play while an answer ran (60 ms jitter buffer). */
  heardMs: number;
  starvedMs: number;
}

export const noCounts = (): Counts => ({
  framesSent: 0,
  framesReceived: 0,
  turns: 0,
  unanswered: 0,
  uncleared: 0,
  answersInFull: 0,
  framesMissing: 0,
  framesStale: 0,
  heardMs: 0,
  starvedMs: 0,
});

/** What the callers of one load process saw while it records, in milliseconds from the scheduled time. */
export class Measurements {
  recording = false;
  counts = noCounts();
  voiceToVoice = new Samples();
  bargeIn = new Samples();
  gap = new Samples();
  roundTrip = new Samples();
  lateness = new Samples();

  start(): void {
    this.counts = noCounts();
    this.voiceToVoice = new Samples();
    this.bargeIn = new Samples();
    this.gap = new Samples();
    this.roundTrip = new Samples();
    this.lateness = new Samples();
    this.recording = true;
  }

  stop(): void {
    this.recording = false;
  }
}
