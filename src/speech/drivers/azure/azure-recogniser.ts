import {
  AudioConfig,
  AutoDetectSourceLanguageConfig,
  CancellationReason,
  Connection,
  OutputFormat,
  PhraseListGrammar,
  ResultReason,
  type SpeechConfig,
  SpeechRecognizer,
} from 'microsoft-cognitiveservices-speech-sdk';
import { ParleyError } from '../../../kernel/errors.js';
import { azureFailure } from './azure-failure.js';
import { type AzurePhrase, parsePhrase } from './azure-phrase.js';
import { AzurePushAudio } from './azure-push-audio.js';

export interface RecogniserEvents {
  /** Of the phrase that is being spoken. */
  hypothesis(text: string): void;
  phrase(phrase: AzurePhrase): void;
  /** Everything up to the end of the audio has been understood. */
  over(): void;
  failed(error: ParleyError): void;
}

/**
 * One recogniser of the SDK with its connection, used for utterance after utterance.
 *
 * Each utterance is a turn of continuous recognition of its own, ended by ending its audio. The service then answers at
 * once with what it has and closes the turn: exactly one end for each utterance, however many phrases it made of it, and
 * no silence to wait for. One endless turn would need silence to be sent after each utterance, for as long as the
 * service's segmentation wants, and could not tell an utterance without words from one whose words are still to come.
 */
export class AzureRecogniser {
  private readonly audio: AzurePushAudio;
  private readonly recogniser: SpeechRecognizer;
  private readonly connection: Connection;
  private readonly phraseList: PhraseListGrammar;
  private events: RecogniserEvents | undefined;
  private turn = false;
  private broken = false;
  private connected = false;

  constructor(
    config: SpeechConfig,
    readonly languages: readonly string[],
    sampleRate: number,
    /** The connection was lost while nobody needed it. */
    private readonly onLost: () => void,
  ) {
    this.audio = new AzurePushAudio(sampleRate);
    const audio = AudioConfig.fromStreamInput(this.audio.stream);
    config.outputFormat = OutputFormat.Detailed;
    config.requestWordLevelTimestamps();
    if (languages.length === 1) {
      config.speechRecognitionLanguage = languages[0]!;
      this.recogniser = new SpeechRecognizer(config, audio);
    } else {
      this.recogniser = SpeechRecognizer.FromConfig(
        config,
        AutoDetectSourceLanguageConfig.fromLanguages([...languages]),
        audio,
      );
    }
    this.phraseList = PhraseListGrammar.fromRecognizer(this.recogniser);
    this.connection = Connection.fromRecognizer(this.recogniser);
    this.listen();
  }

  get isConnected(): boolean {
    return this.connected;
  }

  /** Whether the next utterance may begin. */
  get isFree(): boolean {
    return !this.turn && !this.broken;
  }

  /** Rejects with `stt_failed`. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (details: unknown): void => {
        // An utterance may have begun in the meantime.
        this.fail(undefined, details);
        reject(azureFailure('stt_failed', undefined, details));
      };
      try {
        this.connection.openConnection(resolve, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  set token(token: string) {
    // It refuses to be told when it is closed.
    if (!this.broken) this.recogniser.authorizationToken = token;
  }

  /** False: it cannot take another one. */
  begin(phrases: readonly string[], events: RecogniserEvents): boolean {
    if (!this.isFree || !this.audio.renew()) return false;
    this.phraseList.clear();
    for (const phrase of phrases) this.phraseList.addPhrase(phrase);
    this.events = events;
    this.turn = true;
    this.recogniser.startContinuousRecognitionAsync(undefined, (details) => this.fail(undefined, details));
    return true;
  }

  write(pcm: Int16Array): void {
    if (this.turn && !this.broken) this.audio.write(pcm);
  }

  end(): void {
    if (this.turn && !this.broken) this.audio.end();
  }

  /** What is still to come of the utterance is not wanted; the recogniser is free again when the service is done with it. */
  forget(): void {
    this.events = undefined;
    this.end();
  }

  close(): void {
    this.events = undefined;
    if (this.broken) return;
    this.broken = true;
    this.dispose();
  }

  private dispose(): void {
    try {
      this.recogniser.close(
        () => undefined,
        () => undefined,
      );
    } catch {
      // It was closed before.
    }
  }

  private listen(): void {
    this.connection.connected = () => {
      this.connected = true;
    };
    this.connection.disconnected = () => {
      this.connected = false;
      // In the middle of an utterance the SDK connects again by itself, or reports that it cannot.
      if (this.turn || this.broken) return;
      this.close();
      this.onLost();
    };
    this.recogniser.recognizing = (_, { result }) => {
      const text = result.text?.trim().toLowerCase();
      if (text) this.events?.hypothesis(text);
    };
    this.recogniser.recognized = (_, { result }) => {
      if (result.reason !== ResultReason.RecognizedSpeech) return;
      try {
        const phrase = parsePhrase(result.json);
        if (phrase) this.events?.phrase(phrase);
      } catch {
        this.fail(undefined, 'a phrase that cannot be read');
      }
    };
    this.recogniser.canceled = (_, { reason, errorCode, errorDetails }) => {
      if (reason !== CancellationReason.EndOfStream) this.fail(errorCode, errorDetails);
    };
    this.recogniser.sessionStopped = () => {
      if (!this.turn) return;
      this.turn = false;
      this.takeEvents()?.over();
    };
  }

  private fail(errorCode: Parameters<typeof azureFailure>[1], details: unknown): void {
    if (this.broken) return;
    this.turn = false;
    this.broken = true;
    this.dispose();
    this.takeEvents()?.failed(azureFailure('stt_failed', errorCode, details));
  }

  private takeEvents(): RecogniserEvents | undefined {
    const { events } = this;
    this.events = undefined;
    return events;
  }
}
