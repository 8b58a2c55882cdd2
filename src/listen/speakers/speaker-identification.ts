import type { AudioSource } from '../../audio/source-queues.js';

/** What is known of a session before anybody has spoken in it. */
export interface WatchedSession {
  readonly sessionId: string;
  readonly tenant: string;
  /** Whose credential it was opened with. */
  readonly subject: string;
  /** Hz of what is heard. */
  readonly sampleRate: number;
  readonly sources: readonly AudioSource[];
}

/** A segment of the transcript; it is told again when it has changed. */
export interface WatchedSegment {
  readonly conversationId: string;
  readonly id: string;
  readonly source: AudioSource;
  /** Counts within the conversation. */
  readonly speakerId: number;
  /** Who it is, where that is known already. */
  readonly personId: string | null;
  /** Session ms, as `hear` counts. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Somebody was known by their voice. */
export interface SpeakerMatch {
  readonly conversationId: string;
  readonly speakerId: number;
  /** By which they were known. */
  readonly segmentId: string;
  /** All that the speaker has said and nobody had named, this one among them. */
  readonly segmentIds: readonly string[];
  readonly personId: string;
  readonly personName: string;
  /** Whether it is the one whose session this is. */
  readonly isUser: boolean;
  /** Cosine distance. */
  readonly distance: number;
}

/** Recognises voices that it has learned, in one session. Nothing here waits or throws. */
export interface SpeakerWatch {
  /** Mono, in order of time for each leg; copy what is to be kept. @param atMs of the first sample, session ms */
  hear(source: AudioSource, pcm: Int16Array, atMs: number): void;
  segment(segment: WatchedSegment): void;
  /** Tells the matches that it can still make; resolves after `withinMs` at the latest. Never rejects. */
  close(withinMs: number): Promise<void>;
}

/** Knows the voices of people. */
export abstract class SpeakerIdentification {
  /** Whether it is of any use to say who somebody is, so that they are known the next time. */
  abstract readonly learns: boolean;
  /** Undefined if there is nobody to be known. @param onMatch may be called until `close` has resolved */
  abstract begin(session: WatchedSession, onMatch: (match: SpeakerMatch) => void): SpeakerWatch | undefined;
}
