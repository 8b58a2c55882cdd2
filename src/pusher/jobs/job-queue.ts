export interface Job {
  /** There is at most one of it, however often it is put, also after it is done. Letters, digits, `_`, `-` and `.`. */
  readonly id: string;
  /** Who works on it. */
  readonly kind: string;
  /** JSON-able. */
  readonly payload: unknown;
}

/** That a job is ours for now: a worker that dies, or hangs too long, loses it to another one. */
export interface JobLease {
  /** Aborts when it is lost. Who does not notice must be kept from doing harm by what they write to. */
  readonly signal: AbortSignal;
}

/**
 * Resolves when the job is done, for good. Rejects when it is to be tried again, later; with a ParleyError that is not
 * `retryable`, or too often, it becomes a dead letter.
 */
export type JobHandler = (job: Job, lease: JobLease) => Promise<void>;

export interface JobCounts {
  /** Whose turn it is. */
  readonly waiting: number;
  /** Whose turn comes later: put off, or to be tried again. */
  readonly later: number;
  readonly running: number;
  readonly dead: number;
  /** Of the one that waits longest for a worker, ms; 0 if none does. */
  readonly oldestMs: number;
}

export interface DeadJob extends Job {
  readonly attempts: number;
  /** Why it was given up, without anything that was said. */
  readonly problem: string;
  /** ISO 8601. */
  readonly diedAt: string;
}

export type JobState = 'waiting' | 'running' | 'done' | 'dead';

/**
 * Work that survives its process, and is done by one worker at a time. Each of the promises rejects with
 * `state_unavailable` when the queue cannot be reached.
 */
export abstract class JobQueue {
  abstract readonly name: string;
  abstract start(signal: AbortSignal): Promise<void>;
  abstract check(): Promise<Record<string, unknown>>;
  /** Resolves once it cannot be lost any more. @param delayMs before which it does not begin. */
  abstract put(job: Job, delayMs?: number): Promise<void>;
  /** Undefined if it was never put, or is forgotten by now. */
  abstract stateOf(id: string): Promise<JobState | undefined>;
  /** Takes jobs of this kind from now on, in the order in which they became due. */
  abstract work(kind: string, handler: JobHandler): void;
  abstract counts(): Promise<JobCounts>;
  /** The latest first. */
  abstract dead(limit: number): Promise<DeadJob[]>;
  /** A dead letter gets a new life; false if there is none of this id. */
  abstract revive(id: string): Promise<boolean>;
  /** Whatever its state; false if there is none. */
  abstract remove(id: string): Promise<boolean>;
  /** Takes no more jobs, and waits for those that run; those that do not end soon are left to others. */
  abstract close(): Promise<void>;
}
