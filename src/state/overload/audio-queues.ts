import { Injectable } from '@nestjs/common';
import {
  type AudioSource,
  type DropReason,
  type SourceCounts,
  SourceQueues,
  sourceCapacity,
} from '../../audio/source-queues.js';
import { Clock } from '../../kernel/clock.js';
import { type AudioUse, type OverloadLevel, admitsAudio } from './overload-level.js';

export interface SessionAudio {
  readonly use: AudioUse;
  readonly sources: readonly AudioSource[];
  /** Hz, mono. */
  readonly sampleRate: number;
}

/** The queues of one source, of all live sessions together. */
export interface SourceLoad {
  readonly source: AudioSource;
  /** Live sessions that have this source. */
  readonly sessions: number;
  /** Frames. */
  readonly depth: number;
  /** Frames that wait for us; the rest of `depth` waits for the clock, or only since a moment ago. */
  readonly backlog: number;
  /** Frames that the queues can hold. */
  readonly capacity: number;
  /** Of the frame that has waited longest. */
  readonly ageMs: number;
  /** Frames since the process started. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** Every live session's audio queues. */
@Injectable()
export class AudioQueues {
  /** Decides what is lost on arrival. */
  level: OverloadLevel = 'NORMAL';
  private readonly live = new Set<SourceQueues>();
  /** Drops of the sessions that are over. */
  private readonly past: Record<AudioSource, Record<DropReason, number>> = {
    mic: { queue_full: 0, overload: 0 },
    system: { queue_full: 0, overload: 0 },
  };

  constructor(private readonly clock: Clock) {}

  /** The queues of a session that begins; whoever opens them closes them. */
  open({ use, sources, sampleRate }: SessionAudio): SourceQueues {
    const queues = new SourceQueues({
      sources,
      sampleRate,
      clock: this.clock,
      admits: (source) => admitsAudio(this.level, use, source),
      onClose: () => this.forget(queues),
    });
    this.live.add(queues);
    return queues;
  }

  loadOf(source: AudioSource): SourceLoad {
    const past = this.past[source];
    const load = { sessions: 0, depth: 0, backlog: 0, capacity: 0, ageMs: 0, dropped: { ...past } };
    for (const queues of this.live) {
      if (!queues.sources.includes(source)) continue;
      const { depth, dropped } = queues.counts(source);
      load.sessions++;
      load.depth += depth;
      load.backlog += queues.backlog(source);
      load.capacity += sourceCapacity[source];
      load.ageMs = Math.max(load.ageMs, queues.ageMs(source));
      addDrops(load.dropped, dropped);
    }
    return { source, ...load };
  }

  private forget(queues: SourceQueues): void {
    this.live.delete(queues);
    for (const source of queues.sources) addDrops(this.past[source], queues.counts(source).dropped);
  }
}

function addDrops(sum: Record<DropReason, number>, dropped: SourceCounts['dropped']): void {
  sum.queue_full += dropped.queue_full;
  sum.overload += dropped.overload;
}
