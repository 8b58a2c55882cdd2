import { Injectable, Logger } from '@nestjs/common';
import { OverloadConfig } from '../../config/overload.config.js';
import { Clock, type Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { SessionSlots } from '../session-slots.js';
import { AudioQueues } from './audio-queues.js';
import { EventLoopProbe } from './event-loop-probe.js';
import { InferenceLoad, type InferenceReading, type InferenceSource } from './inference-load.js';
import { LevelTracker } from './level-tracker.js';
import { type OverloadLevel, admitsSessions, rankOf } from './overload-level.js';
import { Overloaded } from './overloaded.js';
import { type Measurement, type Shares, audioSources, measurementOf, sourcePressure } from './pressure.js';

/** The process goes from one level to another. */
export interface LevelChange {
  readonly from: OverloadLevel;
  readonly to: OverloadLevel;
  /** Wall-clock ms since 1970. */
  readonly at: number;
  readonly pressure: number;
  readonly shares: Shares;
  /** How long the level before lasted. */
  readonly lastedMs: number;
}

export interface OverloadStatus {
  readonly level: OverloadLevel;
  /** Wall-clock ms since 1970. */
  readonly since: number;
  readonly inLevelMs: number;
  /** How much longer it has to stay calm until the level goes down; 0 at NORMAL. */
  readonly calmNeededMs: number;
  readonly measured: Measurement;
  /** The newest last. */
  readonly history: readonly LevelChange[];
}

const HISTORY = 20;

/**
 * Measures how hard-pressed the process is and acts on it: at CRITICAL the queues refuse `system`, at OVERLOADED
 * everything but the `mic` of conversations, and there are no more session slots. Recovers by itself.
 */
@Injectable()
export class OverloadMonitor {
  private readonly logger = new Logger('Overload');
  private readonly tracker: LevelTracker;
  private readonly inference = new Set<InferenceLoad>();
  private readonly listeners = new Set<(change: LevelChange) => void>();
  private readonly history: LevelChange[] = [];
  private measured: Measurement;
  private since: number;
  private timer: Timer | undefined;

  constructor(
    private readonly config: OverloadConfig,
    private readonly clock: Clock,
    private readonly probe: EventLoopProbe,
    private readonly queues: AudioQueues,
    private readonly slots: SessionSlots,
  ) {
    this.tracker = new LevelTracker({ overloadedAfterMs: config.afterMs, recoveryMs: config.recoveryMs });
    this.since = clock.now();
    this.measured = this.measure(0);
  }

  get level(): OverloadLevel {
    return this.tracker.level;
  }

  start(): void {
    this.probe.start();
    this.timer = this.clock.setTimeout(() => this.sample(), this.config.sampleMs);
  }

  /** The level stays what it is. Idempotent. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.probe.stop();
  }

  /** @param workers how many requests the source works on at a time. Returns how to stop watching. */
  watchInference(source: InferenceSource, workers: number): () => void {
    const load = new InferenceLoad(source, workers, this.clock.now());
    this.inference.add(load);
    return () => this.inference.delete(load);
  }

  /** Called at each change, once it is in effect. Returns how to stop listening. */
  onChange(listener: (change: LevelChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** As of the newest sample. */
  status(): OverloadStatus {
    const now = this.clock.now();
    return {
      level: this.level,
      since: this.clock.wallTime() - (now - this.since),
      inLevelMs: now - this.since,
      calmNeededMs: this.tracker.calmNeededMs(now),
      measured: this.measured,
      history: [...this.history],
    };
  }

  private sample(): void {
    const from = this.level;
    this.measured = this.measure(this.probe.read());
    const to = this.tracker.update(this.measured.pressure, this.measured.at);
    if (to !== from) this.changed(from, to);
    // It may have been stopped by a listener.
    if (this.timer) this.timer = this.clock.setTimeout(() => this.sample(), this.config.sampleMs);
  }

  private measure(eventLoopDelayMs: number): Measurement {
    const now = this.clock.now();
    const sources = audioSources.map((source) => sourcePressure(this.queues, source, this.slots.capacity));
    const inference: InferenceReading[] = [...this.inference].map((load) => load.read(now));
    return measurementOf(now, eventLoopDelayMs, this.config.eventLoopDelayMs, sources, inference);
  }

  private changed(from: OverloadLevel, to: OverloadLevel): void {
    const { at, pressure, shares } = this.measured;
    const change: LevelChange = { from, to, at: this.clock.wallTime(), pressure, shares, lastedMs: at - this.since };
    this.since = at;
    this.history.push(change);
    if (this.history.length > HISTORY) this.history.shift();
    this.act(from, to);
    this.log(change);
    for (const listener of this.listeners) this.tell(listener, change);
  }

  private act(from: OverloadLevel, to: OverloadLevel): void {
    this.queues.level = to;
    if (admitsSessions(from) === admitsSessions(to)) return;
    if (admitsSessions(to)) this.slots.resume();
    else this.slots.suspend(() => new Overloaded(this.tracker.calmNeededMs(this.clock.now())));
  }

  private tell(listener: (change: LevelChange) => void, change: LevelChange): void {
    try {
      listener(change);
    } catch (error) {
      this.logger.error(`A listener to the level failed: ${messageOf(error)}`);
    }
  }

  private log({ from, to, pressure, shares, lastedMs }: LevelChange): void {
    const inputs = Object.entries(shares).map(([name, share]) => `${name} ${share.toFixed(2)}`);
    const line = `${to} after ${Math.round(lastedMs)} ms ${from}: pressure ${pressure.toFixed(2)} (${inputs.join(', ')})`;
    if (rankOf(to) > rankOf(from)) this.logger.warn(line);
    else this.logger.log(line);
  }
}
