import type { CallerScript } from './caller.ts';
import type { Counts } from './measurements.ts';

/** What the bench asks of a load process, over IPC. */
export type LoadCommand =
  | { type: 'call'; job: LoadJob }
  | { type: 'record' }
  | { type: 'report' }
  /** From now on these calls read nothing more from their sockets. */
  | { type: 'stop-reading' }
  | { type: 'read-again' }
  | { type: 'hang-up' };

export interface LoadJob {
  readonly port: number;
  readonly path: string;
  readonly calls: number;
  /** Number of the first call, so that processes do not use the same stream ids. */
  readonly firstCall: number;
  readonly seed: number;
  /** The calls come one after the other over this time. */
  readonly rampMs: number;
  /** The first turns start at random over this time after the connection. */
  readonly spreadMs: number;
  readonly script: CallerScript;
}

export type LoadReply =
  /** All upgrades have been answered, one way or another. */
  | { type: 'connected'; upgrades: Upgrades }
  | { type: 'recording' }
  | { type: 'report'; report: LoadReport }
  | { type: 'hung-up' };

export interface Upgrades {
  readonly accepted: number;
  /** HTTP status → how many. */
  readonly refused: Record<string, number>;
  /** Seconds after which the refused were told to come again (`Retry-After`) → how many. */
  readonly retryAfter: Record<string, number>;
  /** Body of the refusal → how many. */
  readonly said: Record<string, number>;
  /** How long a refused client waited for its answer. */
  readonly refusedAfterMs: Float64Array;
  readonly acceptedAfterMs: Float64Array;
}

export interface LoadReport {
  readonly windowMs: number;
  readonly cpuMs: number;
  readonly counts: Counts;
  readonly voiceToVoice: Float64Array;
  readonly bargeIn: Float64Array;
  readonly gap: Float64Array;
  readonly roundTrip: Float64Array;
  readonly lateness: Float64Array;
  /** Calls that the server closed, by WebSocket close code; 1006 where it said none. */
  readonly closed: Record<string, number>;
  readonly closedAfterMs: Float64Array;
  readonly open: number;
}
