import type { DroppedAudio } from '../../audio/source-queues.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import type { ParleyError } from '../../kernel/errors.js';
import type { Ears } from '../ears.js';
import type { VoiceActivityDetector } from '../voice-activity.js';
import { GateMetrics } from './gate-metrics.js';
import { GatedSttStream, type GatedSttOptions } from './gated-stt-stream.js';
import { segmentsOf } from './leg-segments.js';
import type { Leg, LegGapReason, LegListener, LegStats, LegTranscriber } from './leg-transcriber.js';
import { TimeMap } from './time-map.js';
import type { HeardUtterance, Span } from './utterance-feed.js';
import { UtteranceStreams } from './utterance-streams.js';

export interface GatedLegParts {
  readonly leg: Leg;
  readonly listener: LegListener;
  /** Prepared for the leg's hints. The leg releases them. */
  readonly ears: Ears;
  readonly detector: VoiceActivityDetector;
  readonly gate: Omit<GatedSttOptions, 'sampleRate'>;
  readonly clock: Clock;
  /** Told once when the gate had to be opened for good. */
  readonly onIncident: (message: string) => void;
}

const FRAME_MS = 20;
/** What is further off does not follow the audio before it. */
const JITTER_MS = 10;
/** More is not taken from the queue: then it fills up, and loses its oldest. What a line has held back may come at once. */
const MAX_HELD_MS = 20_000;
const MAX_WITHOUT_RECOGNISER_MS = 10_000;
/** A detector that has not judged the rest by then does not hold up the end. */
const LAST_JUDGEMENT_MS = 1000;
const COUNTED_EACH_MS = 5000;
/** One failure may be the utterance's; recognisers that fail again and again are of no use. */
const PROBLEM_AFTER = 2;

/** A leg's way from its queue through the gate to segments. */
export class GatedLeg implements LegTranscriber {
  private readonly streams: UtteranceStreams;
  private readonly gated: GatedSttStream;
  private readonly metrics = new GateMetrics();
  /** From positions in the queue, which counts samples, to the leg's time line. */
  private readonly places = new TimeMap();
  private readonly counts = { utterances: 0, understood: 0, empty: 0, rejected: 0, failed: 0 };
  private writtenMs = 0;
  private gapMs = 0;
  private countedAtMs = 0;
  private failuresInARow = 0;
  private isDraining = false;
  private isFinishing = false;
  private isClosed = false;
  private resolveFinish: (() => void) | undefined;
  private finishing: Promise<void> | undefined;
  private deadline: Timer | undefined;

  constructor(private readonly parts: GatedLegParts) {
    const { leg, ears, detector, gate, clock, listener } = parts;
    const { hints, sampleRate } = leg;
    this.streams = new UtteranceStreams(ears, { hints, sampleRate, clock, onFree: () => this.drain() });
    this.gated = new GatedSttStream({ ...gate, sampleRate }, this.streams, detector, clock, {
      begun: () => void this.counts.utterances++,
      partial: (text, startMs) => {
        if (!this.isClosed) listener.onPartial?.(text, startMs);
      },
      final: (heard) => this.onFinal(heard),
      failed: (span, error) => this.onFailed(span, error),
      speaking: (speaking, atMs) => {
        if (!this.isClosed) listener.onSpeech?.(speaking, atMs);
      },
      failedOpen: (reason) => {
        this.metrics.addFailure();
        parts.onIncident(`the speech detector failed, everything is sent from now on: ${reason}`);
      },
      judged: () => this.drain(),
    });
  }

  get stats(): LegStats {
    const { mode, failedOpen, totals } = this.gated;
    return { mode, failedOpen, audioMs: this.writtenMs, gapMs: this.gapMs, ...totals, ...this.counts };
  }

  write(pcm: Int16Array, atMs: number): void {
    if (this.isClosed || this.isFinishing || pcm.length === 0) return;
    const { sampleRate, queues, source } = this.parts.leg;
    if (this.writtenMs === 0 || atMs - this.places.endOf(this.writtenMs) > JITTER_MS)
      this.places.add(this.writtenMs, atMs);
    const frameLength = (sampleRate * FRAME_MS) / 1000;
    for (let at = 0; at < pcm.length; at += frameLength) {
      const frame = pcm.slice(at, at + frameLength);
      this.writtenMs += (frame.length * 1000) / sampleRate;
      const dropped = queues.push(source, frame);
      if (dropped) this.onDropped(dropped);
      this.drain();
    }
    this.count(COUNTED_EACH_MS);
  }

  finish(withinMs: number): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    return (this.finishing ??= new Promise((resolve) => {
      this.resolveFinish = resolve;
      this.isFinishing = true;
      this.deadline = this.parts.clock.setTimeout(() => this.giveUp(), withinMs);
      this.drain();
      this.gated.finish(Math.min(LAST_JUDGEMENT_MS, withinMs / 2));
      this.endFinish();
    }));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.count(0);
    this.deadline?.cancel();
    this.gated.close();
    this.parts.ears.release();
    this.resolveFinish?.();
  }

  private drain(): void {
    // A detector may answer while it is written to: audio is to come in order.
    if (this.isDraining) return;
    this.isDraining = true;
    const { queues, source } = this.parts.leg;
    try {
      while (!this.isClosed && this.hasRoom) {
        const frame = queues.take(source);
        if (!frame) break;
        this.gated.write(frame.pcm, this.places.startOf(frame.startMs));
      }
    } finally {
      this.isDraining = false;
    }
    this.endFinish();
  }

  private get hasRoom(): boolean {
    if (!this.gated.takes) return false;
    if (this.isFinishing) return true;
    return this.gated.heldMs < MAX_HELD_MS && this.streams.waitingMs < MAX_WITHOUT_RECOGNISER_MS;
  }

  private onDropped({ fromMs, toMs, reason }: DroppedAudio): void {
    this.tellGap({ startMs: this.places.startOf(fromMs), endMs: this.places.endOf(toMs) }, reason);
  }

  private onFinal(heard: HeardUtterance): void {
    if (this.isClosed) return;
    this.recover();
    const { result } = heard;
    if (result.rejected) this.counts.rejected++;
    else if (result.text.trim() === '') this.counts.empty++;
    else {
      this.counts.understood++;
      for (const segment of segmentsOf(heard)) this.parts.listener.onSegment(segment);
    }
    this.endFinish();
  }

  private onFailed(span: Span, error: ParleyError): void {
    if (this.isClosed) return;
    this.counts.failed++;
    this.failuresInARow++;
    this.tellGap(span, error.code === 'timeout' ? 'timeout' : 'stt_failed');
    if (this.failuresInARow === PROBLEM_AFTER) this.parts.listener.onProblem(error);
    this.endFinish();
  }

  private recover(): void {
    const hadProblem = this.failuresInARow >= PROBLEM_AFTER;
    this.failuresInARow = 0;
    if (hadProblem) this.parts.listener.onRecovered?.();
  }

  private tellGap({ startMs, endMs }: Span, reason: LegGapReason): void {
    if (this.isClosed) return;
    this.gapMs += endMs - startMs;
    this.metrics.addGap(reason, endMs - startMs);
    this.parts.listener.onGap(startMs, endMs, reason);
  }

  private endFinish(): void {
    if (!this.resolveFinish || this.isClosed || !this.gated.isDone) return;
    this.deadline?.cancel();
    this.resolveFinish();
  }

  private giveUp(): void {
    const missing = this.gated.underWay;
    this.gated.close();
    this.counts.failed += missing.length;
    for (const span of missing) this.tellGap(span, 'timeout');
    this.resolveFinish?.();
  }

  private count(eachMs: number): void {
    if (this.writtenMs - this.countedAtMs < eachMs) return;
    this.countedAtMs = this.writtenMs;
    const { sentMs, speechMs, wouldSendMs } = this.gated.totals;
    this.metrics.add(this.gated.mode, { in: this.writtenMs, sent: sentMs, speech: speechMs, would_send: wouldSendMs });
  }
}
