import type { Clock } from '../../kernel/clock.js';
import type { RecordedPiece } from '../../services/archive/recorded-piece.js';
import { SparseAudio } from '../../services/archive/sparse-audio.js';
import { CallTimeline } from './call-timeline.js';

/** All rates can be divided by it. */
const BLOCKS_PER_SECOND = 10;

export interface CallRecorderParts {
  readonly tenant: string;
  readonly conversationId: string;
  readonly clock: Clock;
  /** Clock time at which the call began. */
  readonly startedAt: number;
  /** The call goes on after its connection was lost: what was recorded before is not written over. */
  readonly resumed: boolean;
  /** Hz. */
  readonly callerRate: number;
  readonly agentRate: number;
  readonly pieceMs: number;
  onPiece(piece: RecordedPiece): void;
}

interface OpenPiece {
  readonly startMs: number;
  readonly caller: SparseAudio;
  readonly agent: SparseAudio;
}

/**
 * Lays what the caller says and what they hear side by side, in pieces. It copies what it is given, and does nothing else
 * with it; it holds the piece that is in work, and for a moment the one before.
 */
export class CallRecorder {
  private readonly timeline: CallTimeline;
  /** By their number from the start of this recording; the earliest first. */
  private readonly open = new Map<number, OpenPiece>();
  private readonly beginMs: number;
  private nextPiece = 0;
  /** Where the agent's audio goes on, in samples. */
  private agentAt = 0;
  private closed = false;

  constructor(private readonly parts: CallRecorderParts) {
    const { clock, startedAt, resumed, callerRate } = parts;
    this.beginMs = resumed ? Math.round(clock.now() - startedAt) : 0;
    this.timeline = new CallTimeline(clock, startedAt, this.beginMs, callerRate);
  }

  /** Audio of the caller that came now. */
  caller(pcm: Int16Array): void {
    if (this.closed) return;
    this.write('caller', this.timeline.place(pcm.length), pcm);
    this.finishPieces(this.timeline.settledMs);
  }

  /** Audio of the agent that was sent now: it is heard when what was sent before has been. */
  agent(pcm: Int16Array): void {
    if (this.closed) return;
    this.agentAt = Math.max(this.agentAt, this.agentNow);
    this.write('agent', this.agentAt, pcm);
    this.agentAt += pcm.length;
    this.finishPieces(this.timeline.settledMs);
  }

  /** What was sent ahead will not be heard. */
  agentCleared(): void {
    const { agentNow } = this;
    if (this.closed || this.agentAt <= agentNow) return;
    for (const [number, { agent }] of this.open) {
      const from = agentNow - this.firstSample(number, this.parts.agentRate);
      if (from < agent.length) agent.eraseFrom(Math.max(0, from));
    }
    this.agentAt = agentNow;
  }

  /** The call is over. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.agentCleared();
    this.closed = true;
    this.finishPieces(Infinity);
  }

  private get agentNow(): number {
    return Math.round((this.timeline.nowMs * this.parts.agentRate) / 1000);
  }

  private write(side: 'caller' | 'agent', at: number, pcm: Int16Array): void {
    const rate = side === 'caller' ? this.parts.callerRate : this.parts.agentRate;
    for (let written = 0; written < pcm.length;) {
      const number = this.numberAt(at + written, rate);
      const first = this.firstSample(number, rate);
      const end = this.firstSample(number + 1, rate);
      const part = written === 0 && at + pcm.length <= end ? pcm : pcm.subarray(written, end - at);
      this.piece(number)?.[side].write(at + written - first, part);
      written += part.length;
    }
  }

  /** Of the piece in which a sample is; those of before the recording are in the first. */
  private numberAt(sample: number, rate: number): number {
    const number = Math.floor(((sample * 1000) / rate - this.beginMs) / this.parts.pieceMs);
    // Pieces begin on whole samples.
    return sample >= this.firstSample(number + 1, rate) ? number + 1 : number;
  }

  private firstSample(number: number, rate: number): number {
    return Math.round(((this.beginMs + number * this.parts.pieceMs) * rate) / 1000);
  }

  private piece(number: number): OpenPiece | undefined {
    const existing = this.open.get(number);
    if (existing || number < this.nextPiece) return existing;
    const { callerRate, agentRate, pieceMs } = this.parts;
    const audio = (rate: number): SparseAudio =>
      new SparseAudio(this.firstSample(number + 1, rate) - this.firstSample(number, rate), rate / BLOCKS_PER_SECOND);
    const startMs = this.beginMs + number * pieceMs;
    const piece = { startMs, caller: audio(callerRate), agent: audio(agentRate) };
    this.open.set(number, piece);
    return piece;
  }

  private finishPieces(beforeMs: number): void {
    const { tenant, conversationId, callerRate, agentRate, pieceMs } = this.parts;
    for (const [number, { startMs, caller, agent }] of this.open) {
      if (startMs + pieceMs > beforeMs) continue;
      this.open.delete(number);
      this.nextPiece = Math.max(this.nextPiece, number + 1);
      const durationMs = Math.min(pieceMs, this.timeline.nowMs - startMs);
      const piece = { tenant, conversationId, startMs, durationMs, sampleRate: callerRate, agentRate, caller, agent };
      if (durationMs > 0 && !(caller.silent && agent.silent)) this.parts.onPiece(piece);
    }
  }
}
