import type { SessionSummary } from './session-registry.js';
import type { SlotGate } from './session-slots.js';
import type { KeyValueStore } from './store/key-value-store.js';

/** A session and the replica that has it. */
export interface LocatedSession extends SessionSummary {
  readonly replica: string;
}

/** What one replica asks of another about a session of its. */
export interface SessionRequest {
  readonly session: string;
  /** What is to be done, such as `hang_up`. */
  readonly type: string;
  /** JSON-able. */
  readonly body: unknown;
}

/** What is known of the other replicas. All reject with `state_unavailable` while they cannot be reached. */
export interface Peers {
  /** Their live sessions; how each is doing as of its last renewal. */
  sessions(): Promise<LocatedSession[]>;
  find(sessionId: string): Promise<LocatedSession | undefined>;
  /** Rejects with the error of the other replica, or with `timeout` if it does not answer. */
  ask(replica: string, request: SessionRequest): Promise<unknown>;
  /** Answers what others ask of this replica. */
  serve(answer: (request: SessionRequest) => Promise<unknown>): void;
}

/** Where state lies that other replicas see too. */
export abstract class SharedState {
  /** In words: `state in memory`. */
  abstract readonly place: string;
  abstract readonly store: KeyValueStore;
  abstract readonly peers: Peers;
  /** Undefined: this replica is asked for as many sessions as it can hold. */
  abstract readonly slotGate: SlotGate | undefined;
  /** Rejects with a sentence that says what to do. */
  abstract start(signal: AbortSignal): Promise<void>;
  /** Takes back what the others see of this replica. */
  abstract stop(): Promise<void>;
  /** For readiness; rejects with what is wrong. */
  abstract check(): Promise<Record<string, unknown>>;
}
