import type { Clock } from '../kernel/clock.js';
import { FrameQueue, type Gap, type QueuedFrame } from './frame-queue.js';

/** `mic` is whoever talks to us or sits at our side (a caller, an agent at the desk), `system` the other leg of a call. */
export type AudioSource = 'mic' | 'system';

/** Frames, usually of 20 ms: 2 s and 1 s of audio. What is older is of no use to a live conversation. */
export const sourceCapacity: Readonly<Record<AudioSource, number>> = { mic: 100, system: 50 };

/** Audio may come this far ahead of real time: what a network may hold back and deliver at once. */
export const MAX_AHEAD_OF_CALLER_MS = 3000;
/** A burst that is worked off within this time is no backlog. */
const PATIENCE_MS = 250;

/** `overload`: lost on arrival, because of the level of the process; `queue_full`: the oldest, to make room. */
export type DropReason = 'queue_full' | 'overload';

export interface DroppedAudio extends Gap {
  readonly source: AudioSource;
  readonly reason: DropReason;
}

/** Frames of one source. `received = taken + depth + queue_full + overload + closed`, always. */
export interface SourceCounts {
  readonly received: number;
  readonly taken: number;
  readonly depth: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Left over when the session ended. */
  readonly closed: number;
}

export interface SourceQueuesOptions {
  readonly sources: readonly AudioSource[];
  /** Hz of every source, mono. */
  readonly sampleRate: number;
  readonly clock: Clock;
  /** Asked for each frame; what is not admitted is lost on arrival. */
  readonly admits: (source: AudioSource) => boolean;
  readonly onClose: (queues: SourceQueues) => void;
}

/** The audio of one session between its socket and its consumer, a queue for each source. */
export class SourceQueues {
  readonly sources: readonly AudioSource[];
  private readonly lanes: Partial<Record<AudioSource, Lane>> = {};
  private closed = false;

  constructor(private readonly options: SourceQueuesOptions) {
    this.sources = options.sources;
    for (const source of options.sources) {
      const queue = new FrameQueue(sourceCapacity[source], options.sampleRate, options.clock);
      this.lanes[source] = { queue, refused: 0, closed: 0 };
    }
  }

  /**
   * Keeps `pcm` itself, not a copy. Returns what was lost over it: an older frame, or this one. After `close` it does
   * nothing. Throws a RangeError when the session has no such source.
   */
  push(source: AudioSource, pcm: Int16Array): DroppedAudio | undefined {
    const lane = this.lane(source);
    if (this.closed) return undefined;
    if (this.options.admits(source)) {
      const gap = lane.queue.push(pcm);
      return gap && { source, reason: 'queue_full', ...gap };
    }
    lane.refused++;
    return { source, reason: 'overload', ...lane.queue.refuse(pcm) };
  }

  /** The oldest frame of `source`. Throws a RangeError when the session has no such source. */
  take(source: AudioSource): QueuedFrame | undefined {
    return this.lane(source).queue.take();
  }

  counts(source: AudioSource): SourceCounts {
    const { queue, refused, closed } = this.lane(source);
    const { received, taken, depth, dropped } = queue;
    return { received, taken, depth, dropped: { queue_full: dropped - refused - closed, overload: refused }, closed };
  }

  /** How long the oldest frame of `source` has been waiting; 0 when there is none. */
  ageMs(source: AudioSource): number {
    return this.lane(source).queue.ageMs;
  }

  /** Frames of `source` that wait for us; those of a client that sends faster than real time wait for the clock. */
  backlog(source: AudioSource): number {
    return this.lane(source).queue.backlog(MAX_AHEAD_OF_CALLER_MS, PATIENCE_MS);
  }

  /** The session is over: drops what waits, and takes nothing more. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const source of this.sources) {
      const lane = this.lane(source);
      lane.closed += lane.queue.depth;
      lane.queue.clear();
    }
    this.options.onClose(this);
  }

  private lane(source: AudioSource): Lane {
    const lane = this.lanes[source];
    if (!lane) throw new RangeError(`Unknown audio source "${source}": this session has ${this.sources.join(', ')}`);
    return lane;
  }
}

interface Lane {
  readonly queue: FrameQueue;
  refused: number;
  closed: number;
}
