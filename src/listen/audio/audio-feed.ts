import type { PusherLink } from '../../pusher/link/pusher-link.js';
import { AlignedAudio } from './aligned-audio.js';
import type { PlacedAudio } from './leg-timeline.js';

export interface AudioFeedParts {
  readonly link: PusherLink;
  /** Hz. */
  readonly sampleRate: number;
  readonly legs: 1 | 2;
  /** Unix ms of session ms 0. */
  readonly wallOriginMs: number;
  /** Audio of a leg, from 0, that cannot be archived any more. Session ms. */
  readonly onLate: (leg: number, fromMs: number, toMs: number) => void;
}

/** Brings the audio of a session to the pusher, each part of it to the conversation that it belongs to. */
export class AudioFeed {
  private readonly aligned: AlignedAudio;
  /** Conversations that begin later than the audio that is out. */
  private coming: { readonly conversationId: string; readonly atMs: number }[] = [];
  private begun = false;

  constructor(private readonly parts: AudioFeedParts) {
    const { sampleRate, legs, onLate } = parts;
    this.aligned = new AlignedAudio({ sampleRate, legs, onLate, onAudio: (atMs, pcm) => this.send(atMs, pcm) });
  }

  /** What is heard from `atMs` on belongs to this one. */
  switchTo(conversationId: string, atMs: number): void {
    if (this.begun) this.coming.push({ conversationId, atMs });
    else this.parts.link.setConversation(conversationId);
    this.begun = true;
  }

  write(leg: number, { pcm, atMs }: PlacedAudio, nowMs: number): void {
    this.aligned.write(leg, atMs, pcm);
    this.advance(nowMs);
  }

  advance(nowMs: number): void {
    // What comes before it is known where it belongs waits.
    if (this.begun) this.aligned.advance(nowMs);
  }

  flush(): void {
    if (this.begun) this.aligned.flush();
  }

  private send(atMs: number, pcm: Int16Array): void {
    while (this.coming[0] && this.coming[0].atMs <= atMs)
      this.parts.link.setConversation(this.coming.shift()!.conversationId);
    this.parts.link.sendAudio(this.parts.wallOriginMs + Math.round(atMs), pcm);
  }
}
