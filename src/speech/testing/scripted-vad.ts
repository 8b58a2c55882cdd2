import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { VoiceActivityDetector, type VadListener, type VadRate, type VadStream } from '../voice-activity.js';

const WINDOW_MS = 20;
/** Mean amplitude from which a window is speech. */
const LOUD = 1000;

export interface ScriptedVadOptions {
  /** Probabilities for the first windows of all streams. */
  readonly probabilities: number[];
  /** From a window to its judgement; 0 is within `write`. Needs `clock`. */
  readonly delayMs: number;
  readonly clock: Clock | undefined;
  /** Whether the next stream cannot be opened, or never judges anything. */
  readonly fault: () => 'failure' | 'stall' | undefined;
  /** Whether a window is judged wrongly. */
  readonly errs: () => boolean;
}

const usual: ScriptedVadOptions = {
  probabilities: [],
  delayMs: 0,
  clock: undefined,
  fault: () => undefined,
  errs: () => false,
};

/**
 * Hears speech by a script of probabilities, one for each 20 ms, or, without one and when it is over, in every window
 * that is loud.
 */
export class ScriptedVad extends VoiceActivityDetector {
  readonly name = 'scripted';
  /** Streams that are open. */
  openStreams = 0;
  private readonly options: ScriptedVadOptions;

  constructor(options: Partial<ScriptedVadOptions> = {}) {
    super();
    this.options = { ...usual, ...options };
  }

  override async start(): Promise<void> {}

  override open(sampleRate: VadRate, listener: VadListener): VadStream {
    const fault = this.options.fault();
    if (fault === 'failure') throw new ParleyError('build_failed', 'The scripted detector failed', true);
    this.openStreams++;
    return new ScriptedVadStream(this.options, fault === 'stall', sampleRate, listener, () => this.openStreams--);
  }

  override async close(): Promise<void> {}
}

class ScriptedVadStream implements VadStream {
  private readonly windowSamples: number;
  /** Judgements that are still to be told. */
  private readonly pending = new Set<Timer>();
  private filled = 0;
  private sum = 0;
  private windows = 0;
  private isOpen = true;

  constructor(
    private readonly options: ScriptedVadOptions,
    private readonly stalled: boolean,
    sampleRate: VadRate,
    private readonly listener: VadListener,
    private readonly onClose: () => void,
  ) {
    this.windowSamples = (sampleRate * WINDOW_MS) / 1000;
  }

  write(pcm: Int16Array): void {
    for (const sample of pcm) {
      if (!this.isOpen || this.stalled) return;
      this.sum += Math.abs(sample);
      if (++this.filled < this.windowSamples) continue;
      const level = this.sum / this.windowSamples;
      this.filled = this.sum = 0;
      this.judge(level, ++this.windows * WINDOW_MS);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const timer of this.pending) timer.cancel();
    this.onClose();
  }

  private judge(level: number, endMs: number): void {
    const { probabilities, delayMs, clock } = this.options;
    const loud = level >= LOUD !== this.options.errs();
    const probability = probabilities.shift() ?? (loud ? 1 : 0);
    if (delayMs === 0 || !clock) return this.listener(probability, endMs);
    const timer = clock.setTimeout(() => {
      this.pending.delete(timer);
      this.listener(probability, endMs);
    }, delayMs);
    this.pending.add(timer);
  }
}
