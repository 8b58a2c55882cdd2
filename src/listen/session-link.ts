import { messageOf } from '../kernel/errors.js';
import type { Clock } from '../kernel/clock.js';
import { within } from '../kernel/time-limit.js';
import type { LinkState, ProcessResult, PusherLink, PusherLinks } from '../pusher/link/pusher-link.js';
import { AudioFeed } from './audio/audio-feed.js';
import type { PlacedAudio } from './audio/leg-timeline.js';
import type { ListenFacts } from './conversation/live-conversation.js';

export interface SessionLinkParts {
  readonly links: PusherLinks;
  readonly facts: ListenFacts;
  /** Hz. */
  readonly sampleRate: number;
  /** Whether audio is to be archived. */
  readonly archives: boolean;
  readonly clock: Clock;
  readonly onResult: (result: ProcessResult) => void;
  /** Whether the pusher cannot be reached; told when that changes. */
  readonly onDegraded: (isDegraded: boolean) => void;
  /** Audio that is not archived, of a leg or of all. Session ms. */
  readonly onLost: (leg: number | undefined, reason: string, fromMs: number, toMs: number) => void;
  readonly log: (level: 'warn' | 'error', message: string) => void;
}

/** A session's link to the pusher, and the audio that goes over it. A session can do without. */
export class SessionLink {
  private opened: PusherLink | undefined;
  private feed: AudioFeed | undefined;
  private isDegraded = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: SessionLinkParts) {}

  get link(): PusherLink | undefined {
    return this.opened;
  }

  /** Never throws. */
  open(): void {
    const { links, facts, sampleRate, archives, onResult, onLost, log } = this.parts;
    const { sessionId, tenant, channels, wallOriginMs } = facts;
    const listener = {
      onResult,
      onState: (state: LinkState) => this.onState(state),
      onAudioLost: (_: string, fromMs: number, toMs: number) =>
        onLost(undefined, 'pusher_unreachable', fromMs - wallOriginMs, toMs - wallOriginMs),
    };
    try {
      const link = links.open({ sessionId, tenant, sampleRate, channels, listener });
      this.opened = link;
      const onLate = (leg: number, fromMs: number, toMs: number): void => onLost(leg, 'late', fromMs, toMs);
      if (archives) this.feed = new AudioFeed({ link, sampleRate, legs: channels, wallOriginMs, onLate });
    } catch (error) {
      log('error', `There is no link to the pusher: ${messageOf(error)}`);
    }
  }

  /** What is heard from `atMs` on belongs to this one. Session ms. */
  switchTo(conversationId: string, atMs: number): void {
    if (this.feed) this.feed.switchTo(conversationId, atMs);
    else this.opened?.setConversation(conversationId);
  }

  /** @param leg from 0 */
  audio(leg: number, audio: PlacedAudio, nowMs: number): void {
    this.feed?.write(leg, audio, nowMs);
  }

  /** To be called now and then. Session ms. */
  advance(nowMs: number): void {
    this.feed?.advance(nowMs);
  }

  /** No more audio comes. */
  flush(): void {
    this.feed?.flush();
    this.feed = undefined;
  }

  /** Resolves after `withinMs` at the latest. Never rejects. Idempotent. */
  close(withinMs: number): Promise<void> {
    return (this.closing ??= this.doClose(withinMs));
  }

  private async doClose(withinMs: number): Promise<void> {
    if (!this.opened) return;
    try {
      await within(2 * withinMs, this.opened.close(withinMs), this.parts.clock);
    } catch (error) {
      this.parts.log('error', `Closing the link to the pusher: ${messageOf(error)}`);
    }
  }

  private onState(state: LinkState): void {
    const isDegraded = state === 'connected' ? false : state === 'degraded' || this.isDegraded;
    if (isDegraded === this.isDegraded) return;
    this.isDegraded = isDegraded;
    this.parts.onDegraded(isDegraded);
  }
}
