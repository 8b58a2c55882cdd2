import type { Segment } from '../../services/conversations/conversation-record.js';

/**
 * `connected`: what is sent arrives. `reconnect_backoff`: the connection is not made yet, or was lost, and is tried again, a few times.
 * `degraded`: it could not be made again; it is tried once in a while. `half_open_probe`: that one try is under way.
 */
export type LinkState = 'connected' | 'reconnect_backoff' | 'degraded' | 'half_open_probe';

/** Asks for a conversation to be processed. The same request may be made again: it is carried out once. */
export interface ProcessRequest {
  /** Says which conversation and generation: the same for every repetition. */
  readonly jobId: string;
  readonly tenant: string;
  readonly conversationId: string;
  /** Counts from 1; a later one makes those before it void. */
  readonly generation: number;
  /** BCP 47. */
  readonly language: string;
  /** W3C's: the trace of the call. */
  readonly traceparent?: string;
}

/**
 * What became of a request. `processed`: it is done, now or earlier. `discarded`: there was nothing in it. `fenced`: a later
 * generation has taken its place. `failed`: it was given up, and lies among the dead letters.
 */
export type ProcessOutcome = 'processed' | 'discarded' | 'fenced' | 'failed';

export interface ProcessResult {
  readonly jobId: string;
  readonly conversationId: string;
  readonly outcome: ProcessOutcome;
  /** What clients are shown of it, if it was processed. */
  readonly title?: string;
  readonly overview?: string;
  /** Why it failed, in words without anything that was said. */
  readonly problem?: string;
}

/** Asks for the voice of a person to be learned from what a conversation has of it. */
export interface SampleRequest {
  readonly tenant: string;
  readonly conversationId: string;
  readonly segmentIds: readonly string[];
  readonly personId: string;
  readonly personName: string;
}

export interface LinkListener {
  /** Of each request that was made through this link, once. */
  onResult(result: ProcessResult): void;
  onState(state: LinkState): void;
  /**
   * Audio that will not be archived, as far as the link can know, because too much waited or there was no more time; what
   * is lost in one piece is told in pieces of half a minute at most. Unix milliseconds. Before `close` resolves.
   */
  onAudioLost(conversationId: string, fromMs: number, toMs: number): void;
}

export interface LinkOptions {
  readonly sessionId: string;
  readonly tenant: string;
  /** Hz of the audio. */
  readonly sampleRate: number;
  /** Samples of the legs alternate when there are two: own agent first. */
  readonly channels: 1 | 2;
  readonly listener: LinkListener;
}

/**
 * What a session has of the pusher. Nothing here waits, throws or ends the session: what cannot be sent now is kept, within
 * limits, until it can.
 */
export interface PusherLink {
  readonly state: LinkState;
  /** Audio that is sent from now on belongs to this conversation; before the first one there is none. */
  setConversation(conversationId: string): void;
  /** @param startMs Unix milliseconds of the first sample @param pcm not to be changed afterwards */
  sendAudio(startMs: number, pcm: Int16Array): void;
  /** New and changed ones; whole each time. */
  sendSegments(conversationId: string, segments: readonly Segment[]): void;
  requestProcessing(request: ProcessRequest): void;
  requestSample(request: SampleRequest): void;
  /**
   * Resolves when all audio is archived and all requests are in the pusher's queue, or `withinMs` is over; at once if it
   * is 0. Results that come later are told to nobody. What is sent from now on is ignored. Idempotent, never rejects.
   */
  close(withinMs: number): Promise<void>;
}

/** Makes links, all of which share one circuit breaker. */
export abstract class PusherLinks {
  /** Begins to connect; what is sent meanwhile is kept. Must be closed. */
  abstract open(options: LinkOptions): PusherLink;
}
