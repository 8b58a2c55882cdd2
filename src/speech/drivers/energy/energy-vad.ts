import { rmsDbfs } from '../../../audio/level.js';
import { VoiceActivityDetector, type VadListener, type VadRate, type VadStream } from '../../voice-activity.js';

const WINDOW_MS = 20;
/** The quietest window of this stretch is the noise floor. */
const FLOOR_WINDOW_MS = 3000;
/** The floor until there is a past: between a quiet line and a noisy one, so that the first word of either counts. */
const ASSUMED_FLOOR_DBFS = -45;
/** Below this level nothing counts as speech, however quiet the line is. */
const GATE_DBFS = -50;
/** Probability 0.5 at this distance above the floor; the slope gives 0.1 and 0.9 at about 4 dB to either side. */
const MIDPOINT_DB = 9;
const SLOPE_PER_DB = 0.55;

/**
 * A fallback and a yardstick, not a speech detector: it hears loudness above the line's noise floor. Tones, music and
 * bursts of noise are "speech" to it, very quiet speech is not. Synchronous: the listener is called inside `write`.
 */
export class EnergyVad extends VoiceActivityDetector {
  readonly name = 'energy';
  private readonly streams = new Set<EnergyStream>();

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  open(sampleRate: VadRate, listener: VadListener): VadStream {
    const stream: EnergyStream = new EnergyStream(sampleRate, listener, () => this.streams.delete(stream));
    this.streams.add(stream);
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of this.streams) stream.close();
  }
}

class EnergyStream implements VadStream {
  private readonly window: Int16Array;
  private readonly floor = new RunningMinimum(FLOOR_WINDOW_MS / WINDOW_MS);
  private filled = 0;
  private count = 0;
  private isClosed = false;

  constructor(
    sampleRate: VadRate,
    private readonly listener: VadListener,
    private readonly onClose: () => void,
  ) {
    this.window = new Int16Array((sampleRate * WINDOW_MS) / 1000);
  }

  write(pcm: Int16Array): void {
    for (let offset = 0; offset < pcm.length && !this.isClosed;) {
      const part = pcm.subarray(offset, offset + this.window.length - this.filled);
      this.window.set(part, this.filled);
      this.filled += part.length;
      offset += part.length;
      if (this.filled < this.window.length) return;
      this.filled = 0;
      this.count++;
      this.listener(this.probability(rmsDbfs(this.window)), this.count * WINDOW_MS);
    }
  }

  close(): void {
    this.isClosed = true;
    this.onClose();
  }

  private probability(levelDbfs: number): number {
    // A line that is digitally silent has a floor of its own: the gate.
    const floor = Math.max(this.floor.push(levelDbfs), GATE_DBFS - MIDPOINT_DB);
    if (levelDbfs < GATE_DBFS) return 0;
    return 1 / (1 + Math.exp(-SLOPE_PER_DB * (levelDbfs - floor - MIDPOINT_DB)));
  }
}

/** The least of the last `size` values. */
class RunningMinimum {
  private readonly values: Float64Array;
  private next = 0;

  constructor(size: number) {
    this.values = new Float64Array(size).fill(ASSUMED_FLOOR_DBFS);
  }

  push(value: number): number {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.values.length;
    let least = Infinity;
    for (const candidate of this.values) if (candidate < least) least = candidate;
    return least;
  }
}
