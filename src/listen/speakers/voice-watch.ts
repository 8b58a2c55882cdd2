import { metrics } from '@opentelemetry/api';
import type { AudioSource } from '../../audio/source-queues.js';
import { Aborted, untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { SpeakerEmbedder } from '../../speech/speaker-embedder.js';
import { middleOf } from '../../speech/speakers/cosine.js';
import { voiceAudio } from '../../speech/speakers/voice-audio.js';
import { AudioRing } from './audio-ring.js';
import type { KnownVoices } from './known-voices.js';
import type { SpeakerMatch, SpeakerWatch, WatchedSegment, WatchedSession } from './speaker-identification.js';

const RING_MS = 60_000;
/** Less does not tell voices apart. */
const SHORTEST_CLIP_MS = 2000;
const LONGEST_CLIP_MS = 10_000;
/** Segments that wait for their clips to be looked at. */
const MOST_WAITING = 100;
/** Clips of one speaker that are taken together. */
const POOLED = 3;
/** Beyond it, what was said first is not given a name in retrospect. */
const MOST_SEGMENTS = 1000;
/** On a leg that several share, what a recogniser that does not tell voices apart takes all of them for. */
const UNDIVIDED = 0;

const clips = metrics
  .getMeter('parley.listen')
  .createCounter('listen.speakers.clips', { description: 'Clips of voices, by what came of them' });

export interface VoiceWatchParts {
  readonly session: WatchedSession;
  /** Whom the session may know; undefined if that is nobody. */
  readonly voices: Promise<KnownVoices | undefined>;
  readonly embedder: SpeakerEmbedder;
  readonly clock: Clock;
  readonly onMatch: (match: SpeakerMatch) => void;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

interface Speaker {
  readonly source: AudioSource;
  /** Those of which nobody knows yet who has said them. */
  readonly unnamed: Set<string>;
  /** Of the newest clips. */
  pool: Float32Array[];
  isKnown: boolean;
}

/**
 * Recognises voices in one session. The audio of each leg is kept for a while; of every speaker that nobody has named yet,
 * clips are cut out and looked at, one after the other, until it is clear who that is.
 */
export class VoiceWatch implements SpeakerWatch {
  private readonly rings = new Map<AudioSource, AudioRing>();
  /** Of the conversation that goes on. */
  private conversationId = '';
  private readonly speakers = new Map<number, Speaker>();
  /** Until when the audio of a segment was looked at, session ms. */
  private readonly looked = new Map<string, number>();
  private readonly waiting = new Map<string, WatchedSegment>();
  private readonly closing = new AbortController();
  private working: Promise<void> | undefined;
  /** There is nobody to be known, or the session is over. */
  private isIdle = false;
  private hasFailed = false;

  constructor(private readonly parts: VoiceWatchParts) {
    void this.parts.voices.then((voices) => {
      if (!voices) this.forget();
    });
  }

  hear(source: AudioSource, pcm: Int16Array, atMs: number): void {
    if (this.isIdle) return;
    let ring = this.rings.get(source);
    if (!ring) this.rings.set(source, (ring = new AudioRing(this.parts.session.sampleRate, RING_MS)));
    ring.write(pcm, atMs);
  }

  segment(segment: WatchedSegment): void {
    const { conversationId, id, source, speakerId } = segment;
    if (this.isIdle || this.closing.signal.aborted) return;
    if (this.parts.session.sources.length === 1 && speakerId === UNDIVIDED) return;
    if (conversationId !== this.conversationId) this.begin(conversationId);
    let speaker = this.speakers.get(speakerId);
    if (!speaker) this.speakers.set(speakerId, (speaker = { source, unnamed: new Set(), pool: [], isKnown: false }));
    if (segment.personId !== null) {
      speaker.isKnown = true;
      speaker.unnamed.clear();
      this.waiting.delete(id);
      return;
    }
    if (speaker.isKnown) return;
    if (speaker.unnamed.size < MOST_SEGMENTS) speaker.unnamed.add(id);
    if (!this.clipOf(segment)) return;
    if (this.waiting.size >= MOST_WAITING && !this.waiting.has(id)) return clips.add(1, { outcome: 'dropped' });
    this.waiting.set(id, segment);
    this.start();
  }

  async close(withinMs: number): Promise<void> {
    const limit = new AbortController();
    const late = this.parts.clock.delay(withinMs, limit.signal).catch(() => undefined);
    await Promise.race([this.working, late]);
    limit.abort(new Aborted('completed'));
    this.closing.abort(new Aborted('completed'));
    await this.working;
    this.forget();
  }

  private begin(conversationId: string): void {
    this.conversationId = conversationId;
    this.speakers.clear();
    this.looked.clear();
    this.waiting.clear();
  }

  private forget(): void {
    this.isIdle = true;
    this.rings.clear();
    this.begin('');
  }

  private start(): void {
    this.working ??= this.work().finally(() => {
      this.working = undefined;
      if (this.waiting.size > 0 && !this.isIdle && !this.closing.signal.aborted) this.start();
    });
  }

  /** Looks at one clip at a time. Never rejects. */
  private async work(): Promise<void> {
    const voices = await untilAborted(this.parts.voices, this.closing.signal).catch(() => undefined);
    for (const [id, segment] of this.waiting) {
      this.waiting.delete(id);
      if (!voices || this.closing.signal.aborted) return;
      try {
        await this.look(segment, voices);
      } catch (error) {
        if (this.closing.signal.aborted) return;
        clips.add(1, { outcome: 'failed' });
        if (!this.hasFailed) this.parts.log('warn', `A voice cannot be recognised: ${messageOf(error)}`);
        this.hasFailed = true;
      }
    }
  }

  /** Rejects when it cannot be told whose voice it is. */
  private async look(segment: WatchedSegment, voices: KnownVoices): Promise<void> {
    const speaker = this.speakers.get(segment.speakerId);
    const clip = this.clipOf(segment);
    if (!speaker || speaker.isKnown || !clip) return;
    this.looked.set(segment.id, segment.endMs);
    const { session, embedder, onMatch } = this.parts;
    const pcm = this.rings.get(segment.source)!.read(clip.fromMs, clip.toMs);
    const embedding = await embedder.embed(await voiceAudio(pcm, session.sampleRate), this.closing.signal);
    // Somebody may have said who it is, or another conversation has begun.
    if (speaker.isKnown || this.speakers.get(segment.speakerId) !== speaker) return;
    const comparable = speaker.pool.filter(({ length }) => length === embedding.length);
    speaker.pool = [...comparable, embedding].slice(-POOLED);
    const mayBeOwn = session.sources.length === 1 || segment.source === 'mic';
    const found = voices.whose(middleOf(speaker.pool), embedder.model, mayBeOwn);
    clips.add(1, { outcome: found ? 'matched' : 'unknown' });
    if (!found) return;
    const { personId, name: personName, isUser, distance } = found;
    const { conversationId, id: segmentId, speakerId } = segment;
    const segmentIds = [...speaker.unnamed];
    speaker.isKnown = true;
    speaker.unnamed.clear();
    onMatch({ conversationId, speakerId, segmentId, segmentIds, personId, personName, isUser, distance });
  }

  /** Of what was not looked at yet, the middle, as far as it is still there. */
  private clipOf({
    id,
    source,
    startMs,
    endMs,
  }: WatchedSegment): { readonly fromMs: number; readonly toMs: number } | undefined {
    const left = this.rings.get(source)?.within(Math.max(startMs, this.looked.get(id) ?? 0), endMs);
    if (!left || left.toMs - left.fromMs < SHORTEST_CLIP_MS) return undefined;
    const middleMs = (left.fromMs + left.toMs) / 2;
    return {
      fromMs: Math.max(left.fromMs, middleMs - LONGEST_CLIP_MS / 2),
      toMs: Math.min(left.toMs, middleMs + LONGEST_CLIP_MS / 2),
    };
  }
}
