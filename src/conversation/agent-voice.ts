import type { ConversationConfig } from '../config/conversation.config.js';
import type { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import type { TtsVoice } from '../speech/tts-voice.js';
import type { CallTransport } from './call-transport.js';
import type { Generation } from './generation.js';
import type { GenerationTracker } from './generation-tracker.js';
import { Playout } from './playout.js';
import { SlowClientWatch } from './slow-client-watch.js';
import { type SentenceJob, Speaker } from './speaker.js';

export interface AgentVoiceParts {
  readonly voice: TtsVoice;
  readonly transport: CallTransport;
  readonly tracker: GenerationTracker;
  readonly clock: Clock;
  readonly config: Pick<ConversationConfig, 'playoutLeadMs'>;
  /** Clock time by which a caller who waits is to hear something; undefined when nobody waits. */
  readonly audibleBy: () => number | undefined;
  /** Audio of a message leaves: the first, or the first after a pause. */
  readonly onAudible: (messageId: string) => void;
  /** The caller has heard one more sentence. */
  readonly onHeard: () => void;
  readonly onError: (generation: Generation, error: unknown) => void;
}

/**
 * What the agent says, as the caller hears it: sentences become audio, which leaves by the clock, as fast as the client takes
 * it. It can be held, and can be cut off, in the middle of a word.
 */
export class AgentVoice {
  private readonly client: SlowClientWatch;
  private readonly playout: Playout;
  private readonly speaker: Speaker;
  private isHeld = false;

  constructor(private readonly parts: AgentVoiceParts) {
    const { transport, clock } = parts;
    this.client = new SlowClientWatch(
      clock,
      () => transport.backlogMs,
      () => transport.close(CloseCode.SlowClient, 'the client does not keep up'),
    );
    this.playout = this.makePlayout();
    this.speaker = new Speaker({ ...parts, playout: this.playout });
  }

  /** Whether the caller hears something now, or would if it were not held. */
  get audible(): boolean {
    return this.playout.audible;
  }

  get held(): boolean {
    return this.isHeld;
  }

  /** Whether something is being made, or heard, that comes before what is said next. */
  get busy(): boolean {
    return this.speaker.busy;
  }

  /** How much of the generation the caller has heard. */
  get heardMs(): number {
    return this.playout.heardMs;
  }

  /** The lifetime task `speaking`. */
  run(signal: AbortSignal): Promise<void> {
    return this.speaker.run(signal);
  }

  begin(generationId: string): void {
    this.playout.begin(generationId);
  }

  say(job: SentenceJob): void {
    this.speaker.say(job);
  }

  /** All sentences of the generation are known. */
  allSaid(generationId: string): void {
    this.speaker.endPlayoutWhenDone(generationId);
  }

  /** The generation was heard to its end. */
  end(generationId: string): void {
    this.isHeld = false;
    this.playout.endGeneration(generationId);
  }

  /** The client's word on how much of a generation it has played. */
  report(generationId: string, playedMs: number): void {
    this.playout.report(generationId, playedMs);
  }

  /** Falls silent at once, until `resume` or `cut`. */
  hold(generation: Generation): void {
    this.isHeld = true;
    const heardMs = this.playout.pause();
    this.clearClient(generation, heardMs);
  }

  /** Goes on from where the caller stopped hearing. */
  resume(): void {
    this.isHeld = false;
    this.playout.resume();
  }

  /**
   * Falls silent for good: nothing that was to be said will be.
   * @param heardMs of it @param clearClient also of what the client has got already
   */
  cut(generation: Generation, heardMs: number, clearClient: boolean): void {
    const hasSound = !this.isHeld && (this.playout.audible || heardMs > 0);
    this.isHeld = false;
    this.discard();
    if (clearClient && hasSound) this.clearClient(generation, heardMs);
  }

  close(): void {
    this.client.close();
    this.discard();
  }

  private discard(): void {
    this.playout.clear();
    this.speaker.discard();
  }

  private clearClient(generation: Generation, heardMs: number): void {
    this.parts.transport.send({
      type: 'audio_clear',
      generation_id: generation.id,
      heard_ms: Math.round(heardMs),
      heard_text: generation.timeline.heard(heardMs).text,
    });
  }

  private makePlayout(): Playout {
    const { transport, clock, config, tracker, onAudible, onHeard } = this.parts;
    const { client } = this;
    return new Playout(clock, transport.outputRate, config.playoutLeadMs, {
      get backlogMs() {
        return transport.backlogMs;
      },
      get clientBehind() {
        return client.behind;
      },
      messageStarted: (generation_id, message_id) => {
        onAudible(message_id);
        transport.send({
          type: 'audio_stream_start',
          generation_id,
          message_id,
          encoding: transport.encoding,
          sample_rate: transport.outputRate,
        });
      },
      frame: (_, pcm) => transport.sendAudio(pcm),
      messageStopped: (generation_id, message_id) =>
        transport.send({ type: 'audio_stream_stop', generation_id, message_id }),
      sentencePlayed: (id, index) => {
        this.speaker.played();
        tracker.sentencePlayed(id, index);
        onHeard();
      },
    });
  }
}
