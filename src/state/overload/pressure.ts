import type { AudioSource } from '../../audio/source-queues.js';
import type { AudioQueues, SourceLoad } from './audio-queues.js';
import type { InferenceReading } from './inference-load.js';

export const audioSources: readonly AudioSource[] = ['mic', 'system'];

/** What is measured of the process, each as a share: 1 is all that can be done. */
export const pressureInputs = ['queues', 'event_loop', 'inference'] as const;

export type PressureInput = (typeof pressureInputs)[number];
export type Shares = Readonly<Record<PressureInput, number>>;

export interface SourcePressure extends SourceLoad {
  /** The share of the queues' room that is taken by what waits for us. */
  readonly fill: number;
}

export interface Measurement {
  /** Clock time, ms. */
  readonly at: number;
  readonly shares: Shares;
  /** The worst of the shares. */
  readonly pressure: number;
  readonly eventLoopDelayMs: number;
  readonly sources: readonly SourcePressure[];
  readonly inference: readonly InferenceReading[];
}

/** With fewer sessions than this, their queues count as if there were as many: one that is ill does not stop the rest. */
const MIN_SESSIONS = 5;

/**
 * How full the queues of one source are, of all sessions together: a session weighs no more than its own queue.
 * @param maxSessions that there can be at all.
 */
export function sourcePressure(queues: AudioQueues, source: AudioSource, maxSessions: number): SourcePressure {
  const load = queues.loadOf(source);
  if (load.sessions === 0) return { ...load, fill: 0 };
  const perSession = load.capacity / load.sessions;
  const sessions = Math.max(load.sessions, Math.min(MIN_SESSIONS, maxSessions));
  return { ...load, fill: load.backlog / (perSession * sessions) };
}

export function measurementOf(
  at: number,
  eventLoopDelayMs: number,
  eventLoopFullMs: number,
  sources: readonly SourcePressure[],
  inference: readonly InferenceReading[],
): Measurement {
  const shares: Shares = {
    queues: worst(sources.map(({ fill }) => fill)),
    event_loop: worst([eventLoopDelayMs / eventLoopFullMs]),
    inference: worst(inference.map(({ share }) => share)),
  };
  return { at, shares, pressure: worst(Object.values(shares)), eventLoopDelayMs, sources, inference };
}

/** What is not a number counts as nothing: it must not hide the others. */
function worst(shares: readonly number[]): number {
  return shares.reduce((most, share) => (share > most ? share : most), 0);
}
