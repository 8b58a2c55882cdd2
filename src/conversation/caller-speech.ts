import { DropLog } from '../audio/drop-log.js';
import type { DroppedAudio, SourceQueues } from '../audio/source-queues.js';
import type { ConversationConfig } from '../config/conversation.config.js';
import type { Clock } from '../kernel/clock.js';
import type { SessionSpeech } from '../speech/speech.service.js';
import type { SpeechHints, SttResult } from '../speech/stt-stream.js';
import { isBackchannel } from './backchannel.js';
import type { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import type { ConversationState } from './conversation-state.js';
import { GapReport } from './gap-report.js';
import { Listener } from './listener.js';
import type { SpeechTiming, Turn } from './turn.js';
import { meaningOf } from './utterance-meaning.js';

export interface CallerSpeechParts {
  readonly state: ConversationState;
  readonly transport: CallTransport;
  readonly speech: SessionSpeech;
  /** The caller's audio on its way in. */
  readonly queues: SourceQueues;
  readonly clock: Clock;
  readonly config: ConversationConfig;
  /** Recognised words below it count as not understood, 0 to 1. */
  readonly minConfidence: number;
  readonly trace: CallTrace;
  readonly log: (level: 'warn', message: string) => void;
}

export interface CallerSpeechEvents {
  /** The caller speaks, or has been understood to have. */
  onActivity(): void;
  onSpeech(): void;
  /** The caller has said enough to cut in. @param arrivedAt clock time of their first loud frame */
  onCutIn(arrivedAt: number): void;
  onSpeechStopped(): void;
  onTurn(turn: Turn): void;
  /** It was a noise, or a "mm-hm". */
  onNothing(): void;
}

/** What the caller says, on its way to become a turn: the client reads along, and whoever has the floor may lose it. */
export class CallerSpeech {
  private readonly listener: Listener;
  private readonly drops: DropLog;
  private readonly gaps: GapReport;

  /** @param isAnswering whether the agent speaks, thinks or looks something up */
  constructor(
    private readonly parts: CallerSpeechParts,
    private readonly isAnswering: () => boolean,
    private readonly events: CallerSpeechEvents,
  ) {
    const { transport, clock, trace, log } = parts;
    this.listener = this.makeListener();
    this.drops = new DropLog(clock, (line) => log('warn', line));
    this.gaps = new GapReport(clock, ({ source, fromMs, toMs, reason }) => {
      trace.audioDropped(source, toMs - fromMs, reason);
      transport.send({ type: 'audio_dropped', source, from_ms: fromMs, to_ms: toMs, reason });
    });
  }

  /** The caller speaks, or has just spoken and is being understood. */
  get busy(): boolean {
    return this.listener.busy;
  }

  get speaking(): boolean {
    return this.listener.speaking;
  }

  /** What may be said next; takes effect with the next utterance. */
  prepare(hints: SpeechHints): Promise<void> {
    return this.listener.prepare(hints);
  }

  /** Audio that came before this waits. Idempotent. */
  listen(): void {
    this.listener.start();
  }

  push(pcm: Int16Array): void {
    this.listener.push(pcm);
  }

  /** Tells what was lost and is not told yet. */
  tellGaps(): void {
    this.gaps.close();
  }

  /** Idempotent; the recogniser's stream may go back. */
  close(): void {
    this.gaps.close();
    this.drops.close();
    this.listener.close();
  }

  private makeListener(): Listener {
    const { transport, speech, queues, clock, config, trace } = this.parts;
    const { vadThreshold, vadStartMs, endpointSilenceMs, maxUtteranceMs, preRollMs } = config;
    return new Listener(
      {
        inputRate: transport.inputRate,
        sttRate: speech.sttRate,
        preRollMs,
        threshold: vadThreshold,
        startMs: vadStartMs,
        endSilenceMs: endpointSilenceMs,
        maxUtteranceMs,
      },
      queues,
      speech.stt,
      speech.vad,
      clock,
      {
        speechHeard: (speechMs, sinceMs, arrivedAt, first) => this.onSpeech(speechMs, sinceMs, arrivedAt, first),
        speechStopped: (atMs) => this.onSpeechStopped(atMs),
        partial: (text, stable) => this.onPartial(text, stable),
        final: (result, timing, span) => this.onFinal(result, timing, span),
        failed: (error, startedAt) => this.onRecogniserError(error, startedAt),
        abandoned: (startedAt) => trace.recognised({ startedAt, endedAt: clock.now() }),
        dropped: (audio) => this.onDropped(audio),
      },
    );
  }

  private onSpeech(speechMs: number, sinceMs: number, arrivedAt: number, first: boolean): void {
    const { transport, config } = this.parts;
    this.events.onActivity();
    this.events.onSpeech();
    if (first) transport.send({ type: 'speech_started', at_ms: Math.round(sinceMs) });
    if (speechMs >= config.bargeInMs && this.mayCutIn) this.events.onCutIn(arrivedAt);
  }

  private onSpeechStopped(atMs: number): void {
    this.parts.transport.send({ type: 'speech_stopped', at_ms: Math.round(atMs) });
    this.events.onSpeechStopped();
  }

  private onPartial(text: string, stable: boolean): void {
    const { transport, state, config, clock } = this.parts;
    const turn_id = state.comingTurnId;
    transport.send({ type: stable ? 'transcription_stabilized' : 'transcription_update', text, turn_id });
    const words = text.split(' ').filter(Boolean).length;
    if (stable && words >= config.bargeInMinWords && this.mayCutIn) this.events.onCutIn(clock.now());
  }

  private onFinal(result: SttResult, timing: SpeechTiming, span: { startMs: number; endMs: number }): void {
    const { transport, state, minConfidence, trace } = this.parts;
    this.events.onActivity();
    const meaning = meaningOf(result, span.endMs - span.startMs, minConfidence);
    const recognition = { startedAt: timing.startedAt, endedAt: timing.finalAt, result };
    transport.send({
      type: 'transcription_finished',
      text: result.text,
      turn_id: state.comingTurnId,
      confidence: result.confidence,
      rejected: meaning === 'noise' || meaning === 'unclear',
      start_ms: Math.round(span.startMs),
      end_ms: Math.round(span.endMs),
    });
    if (meaning === 'nothing' || meaning === 'noise' || (meaning === 'words' && this.onlyListens(result.text))) {
      trace.recognised(recognition);
      this.events.onNothing();
      return;
    }
    this.events.onTurn({
      id: state.nextTurnId(),
      source: 'voice',
      text: meaning === 'words' ? result.text : '',
      rejected: meaning === 'unclear',
      timing,
      recognition,
      interruptible: true,
    });
  }

  private onRecogniserError(error: Error, startedAt: number): void {
    const { transport, state, clock, log } = this.parts;
    log('warn', `Recogniser: ${error.message}`);
    transport.send({ type: 'error', code: 'stt_failed', message: 'The recogniser failed', retryable: true });
    this.events.onTurn({
      id: state.nextTurnId(),
      source: 'voice',
      text: '',
      rejected: true,
      recognition: { startedAt, endedAt: clock.now(), error },
      interruptible: true,
    });
  }

  private onDropped(audio: DroppedAudio): void {
    this.drops.note(audio);
    this.gaps.note(audio);
  }

  private get mayCutIn(): boolean {
    return this.parts.state.agent.bargeIn.enabled;
  }

  /** Whether the caller only showed that they listen, or wait. */
  private onlyListens(text: string): boolean {
    return this.isAnswering() && isBackchannel(text, this.parts.state.agent.bargeIn.backchannels);
  }
}
