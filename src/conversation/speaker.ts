import { Resampler } from '../audio/resampler.js';
import type { Agent } from '../agents/agent.js';
import { spokenWith } from '../agents/spoken-with.js';
import { AsyncQueue } from '../kernel/async-queue.js';
import type { Clock } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import type { TtsVoice } from '../speech/tts-voice.js';
import type { CallTransport } from './call-transport.js';
import type { Generation } from './generation.js';
import type { GenerationTracker } from './generation-tracker.js';
import type { Playout } from './playout.js';

export interface SentenceJob {
  readonly generation: Generation;
  readonly index: number;
  readonly messageId: string;
  /** As the model wrote it, with the white space behind. */
  readonly text: string;
  readonly voice: Agent['voice'];
  readonly cacheable: boolean;
}

/** One sentence plays, the next one is made ready. */
const SENTENCES_AHEAD = 2;
/** A client that has not taken so much of the audio gets no more made for it. */
const PAUSE_BACKLOG_MS = 500;
const PAUSE_MS = 100;

export interface SpeakerParts {
  readonly voice: TtsVoice;
  readonly transport: Pick<CallTransport, 'outputRate' | 'backlogMs'>;
  readonly playout: Playout;
  readonly tracker: GenerationTracker;
  readonly clock: Clock;
  /** Clock time by which a caller who waits is to hear something; undefined when nobody waits. */
  audibleBy(): number | undefined;
  onError(generation: Generation, error: unknown): void;
}

/** Speaks sentences one after the other, one ahead of the one that is being heard. */
export class Speaker {
  private readonly queue = new AsyncQueue<SentenceJob>();
  private unplayed = 0;
  private wake: (() => void) | undefined;

  constructor(private readonly parts: SpeakerParts) {}

  /** Whether something is being made, or heard, that comes before what is said next. */
  get busy(): boolean {
    return this.unplayed > 0 || this.queue.depth > 0;
  }

  say(job: SentenceJob): void {
    this.queue.offer(job);
  }

  /** A sentence has been heard. */
  played(): void {
    this.unplayed--;
    this.wake?.();
  }

  /** The generation is over: what is queued for it will not be spoken. */
  discard(): void {
    this.queue.clear();
    this.unplayed = 0;
    this.wake?.();
  }

  /** The lifetime task `speaking`. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.queue.fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    for await (const job of this.queue) {
      await this.room(job.generation.signal);
      if (!this.parts.tracker.isCurrent(job.generation.id)) continue;
      this.unplayed++;
      await this.speak(job);
    }
  }

  /** Waits until the one before the last sentence has been heard. */
  private async room(signal: AbortSignal): Promise<void> {
    while (this.unplayed >= SENTENCES_AHEAD && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener('abort', go);
          resolve();
        };
        this.wake = go;
        signal.addEventListener('abort', go, { once: true });
      });
    }
  }

  private async speak({ generation, index, messageId, text, voice, cacheable }: SentenceJob): Promise<void> {
    const { playout, tracker, transport } = this.parts;
    const { id, signal, timeline } = generation;
    const startMs = playout.appendedMs;
    timeline.begin(messageId, text, startMs);
    const startedAt = this.parts.clock.now();
    const span = generation.trace.sentence(voice.name, index, text, signal);
    try {
      const audibleBy = playout.audible ? undefined : this.parts.audibleBy();
      const request = { ...spokenWith(voice), text, cacheable, ...(audibleBy !== undefined && { audibleBy }) };
      let resampler: Resampler | undefined;
      for await (const chunk of this.parts.voice.synthesize(request, signal)) {
        signal.throwIfAborted();
        generation.noteAudio(messageId);
        span.firstAudio(this.parts.clock.now() - startedAt);
        if (chunk.sampleRate !== transport.outputRate)
          resampler ??= new Resampler(chunk.sampleRate, transport.outputRate);
        playout.append(id, messageId, resampler ? resampler.process(chunk.pcm) : chunk.pcm);
        timeline.extend(playout.appendedMs, chunk.marks);
        while (transport.backlogMs > PAUSE_BACKLOG_MS) await this.parts.clock.delay(PAUSE_MS, signal);
      }
      span.end();
      if (resampler) playout.append(id, messageId, resampler.flush());
      timeline.extend(playout.appendedMs);
      timeline.finish();
      this.endSentence(id, index);
    } catch (error) {
      span.fail(error);
      if (signal.aborted) return;
      this.parts.onError(generation, error);
      // What there is of it will be heard.
      if (playout.appendedMs > startMs) return this.endSentence(id, index);
      this.unplayed--;
      tracker.sentenceFailed(id, index, messageOf(error));
      this.endPlayoutWhenDone(id);
    }
  }

  /** All audio of the sentence is in. */
  private endSentence(generationId: string, index: number): void {
    const { playout, tracker } = this.parts;
    tracker.sentenceSynthesised(generationId, index);
    playout.endSentence(generationId, index);
    this.endPlayoutWhenDone(generationId);
  }

  /** All sentences of the generation are known; tells the playout when all of them are in. */
  endPlayoutWhenDone(generationId: string): void {
    const { playout, tracker } = this.parts;
    if (tracker.isCurrent(generationId) && tracker.state === 'STREAMING') playout.endGeneration(generationId);
  }
}
