import { sourceCapacity } from '../../audio/source-queues.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type {
  Leg,
  LegGapReason,
  LegSegment,
  LegTranscriber,
  LegTranscribers,
} from '../../speech/gate/leg-transcriber.js';
import type { PlacedAudio } from '../audio/leg-timeline.js';

export interface HearingListener {
  readonly onSegment: (segment: LegSegment) => void;
  readonly onSpeech: (speaking: boolean) => void;
  /** Session ms. */
  readonly onGap: (fromMs: number, toMs: number, reason: LegGapReason) => void;
  /** Whether there is a recogniser; told when that changes, and once it is known for the first time. */
  readonly onHearing: (hears: boolean) => void;
}

export interface LegHearingParts {
  readonly leg: Leg;
  readonly transcribers: LegTranscribers;
  readonly clock: Clock;
  readonly listener: HearingListener;
  readonly log: (message: string) => void;
}

const FRAME_MS = 20;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** A leg's recogniser, from before there is one: a session does not end because it cannot be understood. */
export class LegHearing {
  private readonly lifetime = new AbortController();
  private readonly known = Promise.withResolvers<void>();
  private transcriber: LegTranscriber | undefined;
  private hears: boolean | undefined;
  /** What has come before there was a recogniser. */
  private early: PlacedAudio[] = [];
  private over = false;

  constructor(private readonly parts: LegHearingParts) {}

  /** Resolves once it is known whether there is a recogniser now. */
  get settled(): Promise<void> {
    return this.known.promise;
  }

  /** Tries to get a recogniser, again and again; resolves when there is one, or none is wanted any more. */
  async open(): Promise<void> {
    const { log } = this.parts;
    for (let retryMs = FIRST_RETRY_MS; !this.over; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        return await this.attempt();
      } catch (error) {
        if (this.over) return;
        log(`No recogniser: ${messageOf(error)}`);
        this.tell(false);
      }
      // Not all sessions that have lost theirs at once come back at once.
      if (!(await this.waits(retryMs * (0.75 + Math.random() / 2)))) return;
    }
  }

  write(audio: PlacedAudio): void {
    if (this.over) return this.transcriber ? undefined : this.miss(audio);
    if (this.transcriber) return this.transcriber.write(audio.pcm, audio.atMs);
    this.early.push(audio);
    const mostMs = sourceCapacity[this.parts.leg.source] * FRAME_MS;
    while (this.endOf(audio) - this.early[0]!.atMs > mostMs && this.early.length > 1) this.miss(this.early.shift()!);
  }

  /** Stops trying if there is none. */
  giveUpOpening(): void {
    if (!this.transcriber) this.close();
  }

  /** No more audio comes. Resolves when all is understood that will be. Never rejects. */
  async finish(withinMs: number): Promise<void> {
    if (this.transcriber) await this.transcriber.finish(withinMs);
    // There is nothing any more that a recogniser would be good for.
    else this.close();
    for (const audio of this.early) this.miss(audio);
    this.early = [];
  }

  /** Idempotent. */
  close(): void {
    this.over = true;
    this.known.resolve();
    this.lifetime.abort();
    this.transcriber?.close();
  }

  private async attempt(): Promise<void> {
    const { leg, transcribers, listener } = this.parts;
    const transcriber = await transcribers.open(
      leg,
      {
        onSegment: (segment) => listener.onSegment(segment),
        onSpeech: (speaking) => listener.onSpeech(speaking),
        onGap: (fromMs, toMs, reason) => listener.onGap(fromMs, toMs, reason),
        onProblem: (error) => {
          this.parts.log(`Recogniser: ${error.message}`);
          this.tell(false);
        },
        onRecovered: () => this.tell(true),
      },
      this.lifetime.signal,
    );
    if (this.over) return transcriber.close();
    this.transcriber = transcriber;
    for (const { pcm, atMs } of this.early) transcriber.write(pcm, atMs);
    this.early = [];
    this.tell(true);
  }

  /** False if nothing is wanted any more. */
  private async waits(forMs: number): Promise<boolean> {
    try {
      await this.parts.clock.delay(forMs, this.lifetime.signal);
      return true;
    } catch {
      return false;
    }
  }

  private tell(hears: boolean): void {
    if (this.hears !== hears) this.parts.listener.onHearing(hears);
    this.hears = hears;
    this.known.resolve();
  }

  private miss(audio: PlacedAudio): void {
    this.parts.listener.onGap(audio.atMs, this.endOf(audio), this.hears === false ? 'stt_failed' : 'queue_full');
  }

  private endOf({ pcm, atMs }: PlacedAudio): number {
    return atMs + (pcm.length * 1000) / this.parts.leg.sampleRate;
  }
}
