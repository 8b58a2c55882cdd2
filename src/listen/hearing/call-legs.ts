import type { AudioSource } from '../../audio/source-queues.js';
import type { Clock } from '../../kernel/clock.js';
import type { LegTranscribers } from '../../speech/gate/leg-transcriber.js';
import type { SpeechHints } from '../../speech/stt-stream.js';
import type { AudioQueues } from '../../state/overload/audio-queues.js';
import { LegTimeline, type PlacedAudio } from '../audio/leg-timeline.js';
import type { HeardSegment } from '../conversation/live-conversation.js';
import type { NotedGap } from '../segments/gap-book.js';
import type { LegOwner } from '../segments/speaker-labels.js';
import { LegHearing } from './leg-hearing.js';

export interface CallLegsParts {
  readonly sessionId: string;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly hints: SpeechHints;
  /** Whether it is not known yet if the call is paused: audio waits for `begin`. */
  readonly waits: boolean;
  readonly transcribers: LegTranscribers;
  readonly audioQueues: AudioQueues;
  readonly clock: Clock;
  readonly nowMs: () => number;
  /** Audio that may be kept, once it has its place. @param leg from 0 */
  readonly onAudio: (leg: number, source: AudioSource, audio: PlacedAudio) => void;
  readonly onSegment: (heard: HeardSegment) => void;
  readonly onGap: (gap: NotedGap) => void;
  /** Whether all legs have a recogniser; told when that changes. */
  readonly onHearing: (hears: boolean) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

interface Leg {
  readonly source: AudioSource;
  readonly owner: LegOwner | undefined;
  readonly timeline: LegTimeline;
  readonly hearing: LegHearing;
  /** Session ms since which somebody speaks. */
  speakingSinceMs: number | undefined;
}

const owners: Readonly<Record<1 | 2, readonly (readonly [AudioSource, LegOwner | undefined])[]>> = {
  1: [['mic', undefined]],
  2: [
    ['mic', { speakerId: 0, isUser: true }],
    ['system', { speakerId: 1, isUser: false }],
  ],
};

/** Silence in the place of what is not to be heard, so that what was said before it ends there. */
const QUIET_MS = 1500;
/** Whoever seems to speak for longer is a noise. */
const LONGEST_SPEECH_MS = 60_000;
/** Of each leg, before it is known whether it may be heard. */
const MOST_EARLY_MS = 15_000;

/** The legs of a call: what comes on each gets its place in time, and is understood and kept unless the call is paused. */
export class CallLegs {
  readonly sources: readonly AudioSource[];
  private readonly queues;
  private readonly legs: readonly Leg[];
  private readonly deaf = new Set<AudioSource>();
  private pausedSinceMs: number | undefined;
  private resumedAtMs = 0;
  /** What came before it was known whether the call is paused, in order; undefined once it is. */
  private early: (() => void)[] | undefined;
  private readonly earlySamples: [number, number] = [0, 0];
  /** What was asked for in the meantime. */
  private asked: boolean | undefined;

  constructor(private readonly parts: CallLegsParts) {
    const { channels, sampleRate, audioQueues } = parts;
    this.sources = owners[channels].map(([source]) => source);
    this.queues = audioQueues.open({ use: 'transcription', sources: this.sources, sampleRate });
    this.legs = owners[channels].map(([source, owner]) => this.leg(source, owner));
    if (parts.waits) this.early = [];
  }

  get isPaused(): boolean {
    return this.asked ?? this.pausedSinceMs !== undefined;
  }

  /** Whether audio waits until it is known if it may be heard. */
  get isWaiting(): boolean {
    return this.early !== undefined;
  }

  /** When it was paused last, or now if it is. Session ms. */
  get pausedUntilMs(): number {
    return this.isPaused ? this.parts.nowMs() : this.resumedAtMs;
  }

  /** Until when the call is not taken for silent, whatever has been understood. Session ms. */
  get busyUntilMs(): number {
    const nowMs = this.parts.nowMs();
    const speaks = this.legs.some(
      ({ speakingSinceMs: since }) => since !== undefined && nowMs - since < LONGEST_SPEECH_MS,
    );
    return speaks ? nowMs : this.pausedUntilMs;
  }

  /** Tries to get recognisers; resolves when all have one, or none is wanted any more. */
  async open(): Promise<void> {
    await Promise.all(this.legs.map(({ hearing }) => hearing.open()));
  }

  /** Resolves once it is known whether there are recognisers now. */
  async settled(): Promise<void> {
    await Promise.all(this.legs.map(({ hearing }) => hearing.settled));
  }

  /** What waited is taken in as when it came. @param paused whether the call was before this session */
  begin(paused: boolean): void {
    const early = this.early ?? [];
    this.early = this.asked = undefined;
    if (paused) this.pausedSinceMs = 0;
    for (const takeIn of early) takeIn();
  }

  /** Audio that has come now. Kept, not copied. */
  push(leg: number, pcm: Int16Array): void {
    const atMs = this.parts.nowMs();
    if (!this.early) return this.take(leg, pcm, atMs);
    const samples = this.earlySamples[leg]! + pcm.length;
    if (samples * 1000 > MOST_EARLY_MS * this.parts.sampleRate) return;
    this.earlySamples[leg] = samples;
    this.early.push(() => this.take(leg, pcm, atMs));
  }

  /** To be called now and then. */
  tick(): void {
    for (const leg of this.legs) this.deliver(leg, leg.timeline.due(this.parts.nowMs()));
  }

  /** Nothing of what is said from now on is heard. */
  pause(): void {
    this.ask(true);
  }

  resume(): void {
    this.ask(false);
  }

  /** Stops trying to get what there is not. */
  giveUpOpening(): void {
    for (const { hearing } of this.legs) hearing.giveUpOpening();
  }

  /** No more audio comes. Resolves when all is understood that will be. Never rejects. */
  async finish(withinMs: number): Promise<void> {
    // Nobody could tell whether it may be heard.
    this.early = this.asked = undefined;
    for (const leg of this.legs) this.deliver(leg, leg.timeline.release());
    this.resume();
    await Promise.all(this.legs.map(({ hearing }) => hearing.finish(withinMs)));
  }

  /** Idempotent. */
  close(): void {
    for (const { hearing } of this.legs) hearing.close();
    this.queues.close();
  }

  private ask(paused: boolean): void {
    const atMs = this.parts.nowMs();
    if (!this.early) return this.setPaused(paused, atMs);
    if (this.asked === paused) return;
    this.asked = paused;
    this.early.push(() => this.setPaused(paused, atMs));
  }

  private setPaused(paused: boolean, atMs: number): void {
    const sinceMs = this.pausedSinceMs;
    if (paused === (sinceMs !== undefined)) return;
    // What still waits for its place came before.
    for (const leg of this.legs) this.deliver(leg, leg.timeline.release());
    this.pausedSinceMs = paused ? atMs : undefined;
    if (sinceMs === undefined) return;
    this.resumedAtMs = atMs;
    this.parts.onGap({ source: undefined, of: 'audio', reason: 'paused', fromMs: sinceMs, toMs: atMs });
  }

  private take(leg: number, pcm: Int16Array, atMs: number): void {
    const to = this.legs[leg]!;
    this.deliver(to, to.timeline.place(pcm, atMs));
  }

  private deliver(leg: Leg, placed: readonly PlacedAudio[]): void {
    for (const audio of placed) {
      if (this.pausedSinceMs === undefined) {
        this.parts.onAudio(this.legs.indexOf(leg), leg.source, audio);
        leg.hearing.write(audio);
      } else if (audio.atMs < this.pausedSinceMs + QUIET_MS) {
        leg.hearing.write({ ...audio, pcm: new Int16Array(audio.pcm.length) });
      }
    }
  }

  private leg(source: AudioSource, owner: LegOwner | undefined): Leg {
    const { sessionId, sampleRate, hints, transcribers, clock, onSegment, onGap, log } = this.parts;
    const hearing = new LegHearing({
      leg: { sessionId, hints, source, queues: this.queues, sampleRate },
      transcribers,
      clock,
      listener: {
        onSegment: (segment) => onSegment({ segment, owner }),
        onSpeech: (speaking) => (leg.speakingSinceMs = speaking ? this.parts.nowMs() : undefined),
        onGap: (fromMs, toMs, reason) => onGap({ source, of: 'transcript', reason, fromMs, toMs }),
        onHearing: (hears) => this.onHearing(source, hears),
      },
      log: (message) => log('warn', `${source}: ${message}`),
    });
    const leg: Leg = { source, owner, timeline: new LegTimeline(sampleRate), hearing, speakingSinceMs: undefined };
    return leg;
  }

  private onHearing(source: AudioSource, hears: boolean): void {
    const before = this.deaf.size > 0;
    if (hears) this.deaf.delete(source);
    else this.deaf.add(source);
    const after = this.deaf.size > 0;
    if (before !== after) this.parts.onHearing(!after);
  }
}
