import type { AudioSource } from '../audio/source-queues.js';
import type { AbortKind } from '../kernel/abort.js';
import type { Timer } from '../kernel/clock.js';
import type { Ending } from '../kernel/teardown.js';
import { within } from '../kernel/time-limit.js';
import type { PlacedAudio } from './audio/leg-timeline.js';
import { ConversationLifecycle } from './conversation/conversation-lifecycle.js';
import type { HeardSegment, ListenFacts } from './conversation/live-conversation.js';
import { askToGiveUp } from './give-up.js';
import { CallLegs } from './hearing/call-legs.js';
import type { ListenClient } from './listen-client.js';
import { endsConversation } from './listen-end.js';
import type { ListenParameters } from './listen-parameters.js';
import type { SessionServices } from './listen-services.js';
import type { SpeakerAssigned } from './messages/client-messages.js';
import type { ServiceStatus } from './messages/server-messages.js';
import { SessionLink } from './session-link.js';
import type { SpeakerWatch } from './speakers/speaker-identification.js';

export interface ListenedCallParts {
  readonly services: SessionServices;
  readonly parameters: ListenParameters;
  readonly facts: ListenFacts;
  /** Whether anything of what is said may be kept. */
  readonly keeps: boolean;
  readonly client: Pick<ListenClient, 'send' | 'sendTranscript'>;
  readonly nowMs: () => number;
  /** Work that may outlive the session for a while. */
  readonly spawn: (name: string, work: (signal: AbortSignal) => Promise<void>) => void;
  readonly tell: (status: ServiceStatus) => void;
  /** What is heard from now on belongs to this one. */
  readonly onConversation: (conversationId: string) => void;
  /** Another session goes on with the conversation. */
  readonly onTakenOver: () => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

const MOST_BUFFERED = 1000;
/** For the last words, the last writes, the last frames to the pusher. */
const UNDERSTAND_MS = 5000;
const STORE_MS = 5000;
/** A pusher that is started again is there by then. */
const LINK_CLOSE_MS = 10_000;
const LINK_CLOSE_GOING_DOWN_MS = 2000;

/**
 * What is said in a call, on its way from the legs to the conversations.
 *
 *     push ─► CallLegs ─► recognisers ─► ConversationLifecycle ─► client, store, pusher
 *                    └──► SessionLink ─► pusher
 */
export class ListenedCall {
  private readonly legs: CallLegs;
  private readonly lifecycle: ConversationLifecycle;
  private readonly pusher: SessionLink;
  private watch: SpeakerWatch | undefined;
  /** Understood, but not in the transcript yet. */
  private heard: HeardSegment[] = [];
  private segments = 0;
  private hasAudio = false;
  private leftovers: Timer | undefined;

  constructor(private readonly parts: ListenedCallParts) {
    this.pusher = this.makeLink();
    this.lifecycle = this.makeLifecycle();
    this.legs = this.makeLegs();
  }

  /** Segments, so far. */
  get understood(): number {
    return this.segments;
  }

  get isPaused(): boolean {
    return this.legs.isPaused;
  }

  /** When it was paused last, or now if it is. Session ms. */
  get pausedUntilMs(): number {
    return this.legs.pausedUntilMs;
  }

  /** Tries to get recognisers; resolves when all legs have one, or none is wanted any more. */
  openRecognisers(): Promise<void> {
    return this.legs.open();
  }

  /** Resolves once it is known whether there are recognisers now. */
  recognisersSettled(): Promise<void> {
    return this.legs.settled();
  }

  /** Begins to look who speaks, and to keep what they say, if it may. Comes before `begin`. */
  keep(): void {
    const { keeps, facts, parameters, services } = this.parts;
    if (!keeps) return;
    this.pusher.open();
    const { sessionId, tenant, subject } = facts;
    const watched = { sessionId, tenant, subject, sampleRate: parameters.sampleRate, sources: this.legs.sources };
    this.watch = services.identification?.begin(watched, (match) => this.lifecycle.recognise(match));
  }

  /** Finds what to go on with, or begins. Resolves with whether it was paused when it was left. */
  async begin(): Promise<boolean> {
    const wasPaused = await this.lifecycle.begin(this.parts.parameters.conversationId);
    this.legs.begin(wasPaused);
    return wasPaused;
  }

  /** Audio that has come now. Kept, not copied. @param leg from 0 */
  push(leg: number, pcm: Int16Array, durationMs: number): void {
    if (this.legs.isWaiting) this.audioBegan(Math.max(0, this.parts.nowMs() - durationMs));
    this.legs.push(leg, pcm);
  }

  /** Nothing of what is said from now on is heard. */
  pause(): void {
    this.legs.pause();
    this.lifecycle.pause(true);
  }

  resume(): void {
    this.legs.resume();
    this.lifecycle.pause(false);
    this.tellGaps();
  }

  /** @returns what is wrong with it */
  assign(message: SpeakerAssigned): string | undefined {
    return this.lifecycle.assign(message);
  }

  /** What was understood goes into the transcript, and what is due goes on. To be called now and then. */
  advance(): void {
    if (!this.lifecycle.current) return;
    this.flush();
    this.legs.tick();
    this.pusher.advance(this.parts.nowMs());
    this.tellGaps();
  }

  /** Looks whether the conversation is over. */
  poll(): void {
    this.lifecycle.poll(this.legs.busyUntilMs);
  }

  /** Hands over what the same device has left behind, if it may be kept. */
  clearLeftoversLater(): void {
    const { keeps, services, spawn } = this.parts;
    if (!keeps) return;
    const clear = (): void => spawn('leftovers', (signal) => this.lifecycle.clearLeftovers(signal));
    this.leftovers = services.clock.setTimeout(clear, services.config.leftoversAfterMs);
  }

  /** The session is about to end: stops trying to get recognisers that there are not, too. */
  beginNothing(): void {
    this.leftovers?.cancel();
    this.legs.giveUpOpening();
  }

  /** What there is still to be done, in the order in which one thing needs the other. */
  async finish(kind: AbortKind): Promise<void> {
    const { clock } = this.parts.services;
    await this.legs.finish(UNDERSTAND_MS);
    this.flush();
    await this.watch?.close(UNDERSTAND_MS);
    this.tellGaps();
    await within(STORE_MS, this.lifecycle.stored(), clock);
    this.pusher.flush();
    const isOver = this.endsWith(kind);
    await within(STORE_MS, this.lifecycle.end(kind, isOver), clock);
    this.lifecycle.close(isOver);
    await this.pusher.close(LINK_CLOSE_MS);
  }

  /** What was understood goes into the transcript. */
  flush(): void {
    if (!this.lifecycle.current) return;
    const { heard } = this;
    this.heard = [];
    this.lifecycle.hear(heard);
  }

  /** Gives everything back. What `finish` has done is not done again. */
  endings(kind: AbortKind, goesDown: boolean): readonly Ending[] {
    return [
      () => this.lifecycle.close(this.endsWith(kind)),
      () => this.pusher.flush(),
      () => this.pusher.close(goesDown ? LINK_CLOSE_GOING_DOWN_MS : LINK_CLOSE_MS),
      () => this.legs.close(),
    ];
  }

  private endsWith(kind: AbortKind): boolean {
    return endsConversation(kind, this.parts.facts.channels);
  }

  private onPlaced(leg: number, source: AudioSource, audio: PlacedAudio): void {
    this.audioBegan(audio.atMs);
    this.watch?.hear(source, audio.pcm, audio.atMs);
    this.pusher.audio(leg, audio, this.parts.nowMs());
  }

  private audioBegan(atMs: number): void {
    if (!this.hasAudio) this.lifecycle.audioBegan(atMs);
    this.hasAudio = true;
  }

  private onSegment(heard: HeardSegment): void {
    this.segments++;
    this.heard.push(heard);
    if (this.heard.length <= MOST_BUFFERED) return;
    const { startMs: fromMs, endMs: toMs } = this.heard.shift()!.segment;
    this.lifecycle.note({ source: undefined, of: 'transcript', reason: 'queue_full', fromMs, toMs });
  }

  private tellGaps(): void {
    this.lifecycle.tellGaps(this.legs.sources);
  }

  private makeLink(): SessionLink {
    const { services, facts, parameters, tell, log } = this.parts;
    return new SessionLink({
      links: services.links,
      facts,
      sampleRate: parameters.sampleRate,
      archives: services.config.audio === 'on',
      clock: services.clock,
      onResult: (result) => this.lifecycle.onResult(result),
      onDegraded: (isDegraded) => tell(isDegraded ? 'pusher_degraded' : 'pusher_connected'),
      onLost: (leg, reason, fromMs, toMs) => {
        const source = leg === undefined ? undefined : this.legs.sources[leg];
        this.lifecycle.note({ source, of: 'recording', reason, fromMs, toMs });
      },
      log,
    });
  }

  private makeLifecycle(): ConversationLifecycle {
    const { services, facts, keeps, parameters, client, nowMs, spawn, onConversation, onTakenOver, log } = this.parts;
    const { clock, config, conversations, recordings, pointers, identification, directory } = services;
    return new ConversationLifecycle({
      facts,
      keeps,
      timeoutMs: parameters.timeoutMs,
      teaches: config.audio === 'on' && identification?.learns === true,
      clock,
      conversations,
      recordings,
      pointers,
      link: () => this.pusher.link,
      nowMs,
      client,
      spawn,
      giveUp: (sessionId) => askToGiveUp(sessionId, directory, clock),
      onSwitch: (conversationId, atMs) => {
        onConversation(conversationId);
        this.pusher.switchTo(conversationId, atMs);
      },
      onSegment: (segment) => this.watch?.segment(segment),
      onTakenOver,
      log,
    });
  }

  private makeLegs(): CallLegs {
    const { services, facts, keeps, parameters, nowMs, tell, log } = this.parts;
    const { clock, transcribers, audioQueues, hints } = services;
    const { sessionId, channels, language, tenant, source } = facts;
    return new CallLegs({
      sessionId,
      sampleRate: parameters.sampleRate,
      channels,
      hints: hints.of(language, tenant),
      waits: keeps && (source !== null || parameters.conversationId !== undefined),
      transcribers,
      audioQueues,
      clock,
      nowMs,
      onAudio: (leg, source, audio) => this.onPlaced(leg, source, audio),
      onSegment: (heard) => this.onSegment(heard),
      onGap: (gap) => this.lifecycle.note(gap),
      onHearing: (hears) => tell(hears ? 'stt_recovered' : 'stt_failed'),
      log,
    });
  }
}
