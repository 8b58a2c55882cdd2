import { Connection, ResultReason, type SpeechConfig, SpeechSynthesizer } from 'microsoft-cognitiveservices-speech-sdk';
import { ParleyError } from '../../../kernel/errors.js';
import { azureFailure } from './azure-failure.js';

export interface SynthesisEvents {
  audio(bytes: ArrayBuffer): void;
  /** @param endMs from the start of the audio. */
  word(text: string, endMs: number): void;
  over(): void;
  failed(error: ParleyError): void;
}

const TICKS_PER_MS = 10_000;

/** One synthesiser of the SDK with its connection; it speaks one text after the other. */
export class AzureSynthesiser {
  private readonly synthesiser: SpeechSynthesizer;
  private readonly connection: Connection;
  private events: SynthesisEvents | undefined;
  private speaking = false;
  private closed = false;

  constructor(config: SpeechConfig) {
    // Without an audio device: what is spoken comes in events.
    this.synthesiser = new SpeechSynthesizer(config, null);
    this.connection = Connection.fromSynthesizer(this.synthesiser);
    this.connection.disconnected = () => this.fail(undefined, 'disconnected');
    this.synthesiser.synthesizing = (_, { result }) => this.events?.audio(result.audioData);
    this.synthesiser.wordBoundary = (_, { text, audioOffset, duration }) =>
      this.events?.word(text, (audioOffset + duration) / TICKS_PER_MS);
  }

  /** Whether it can speak the next text: it is not closed, and the service has ended the one before. */
  get isFree(): boolean {
    return !this.speaking && !this.closed;
  }

  /** Rejects with `tts_failed`. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (details: unknown): void => reject(azureFailure('tts_failed', undefined, details));
      try {
        this.connection.openConnection(resolve, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  set token(token: string) {
    if (!this.closed) this.synthesiser.authorizationToken = token;
  }

  speak(ssml: string, events: SynthesisEvents): void {
    this.events = events;
    this.speaking = true;
    this.synthesiser.speakSsmlAsync(
      ssml,
      ({ reason, errorDetails }) => {
        if (reason !== ResultReason.SynthesizingAudioCompleted) return this.fail(undefined, errorDetails);
        this.speaking = false;
        this.takeEvents()?.over();
      },
      (details) => this.fail(undefined, details),
    );
  }

  /** Nothing more of the text is wanted. The SDK has no public way to tell the service so, other than to hang up. */
  stop(): void {
    this.events = undefined;
    if (!this.speaking || this.closed) return;
    const { privAdapter } = this.synthesiser as unknown as { privAdapter?: { stopSpeaking?: unknown } };
    const stopSpeaking = privAdapter?.stopSpeaking;
    if (typeof stopSpeaking !== 'function') return this.close();
    (stopSpeaking as () => Promise<void>).call(privAdapter).catch(() => this.close());
  }

  close(): void {
    this.events = undefined;
    if (this.closed) return;
    this.closed = true;
    try {
      this.synthesiser.close(
        () => undefined,
        () => undefined,
      );
    } catch {
      // It was closed before.
    }
  }

  private fail(errorCode: undefined, details: unknown): void {
    // An idle connection that is lost is opened again by the SDK, with the next text.
    if (!this.speaking) return;
    this.speaking = false;
    const events = this.takeEvents();
    this.close();
    events?.failed(azureFailure('tts_failed', errorCode, details));
  }

  private takeEvents(): SynthesisEvents | undefined {
    const { events } = this;
    this.events = undefined;
    return events;
  }
}
