import type { SpeechConfig } from 'microsoft-cognitiveservices-speech-sdk';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import type { SpeechHints, SttListener, SttStream } from '../../stt-stream.js';
import { phraseList } from './azure-hints.js';
import { type AzurePhrase, joinPhrases } from './azure-phrase.js';
import { AzureRecogniser } from './azure-recogniser.js';

export interface AzureSttParts {
  /** Rejects with a ParleyError. */
  readonly speechConfig: () => Promise<SpeechConfig>;
  /** What an utterance of a session in this language may be in. */
  readonly candidates: (language: string) => readonly string[];
  readonly sampleRate: number;
  readonly connectMs: number;
  readonly clock: Clock;
  /** Returns how to stop. */
  readonly onToken: (listener: (token: string) => void) => () => void;
}

interface Utterance {
  readonly listener: SttListener;
  readonly phrases: AzurePhrase[];
  /** Until there is a recogniser to take it. */
  waiting: Int16Array[];
  ended: boolean;
  recogniser?: AzureRecogniser;
  deadline?: Timer;
}

/** Keeps a connected recogniser ready and lends it to one utterance after the other. */
export class AzureSttStream implements SttStream {
  private hints: SpeechHints | undefined;
  private phrases: readonly string[] = [];
  private languages: readonly string[];
  private recogniser: AzureRecogniser | undefined;
  private opening: Promise<AzureRecogniser> | undefined;
  private utterance: Utterance | undefined;
  private readonly stopTokens: () => void;
  private isClosed = false;

  constructor(
    private readonly parts: AzureSttParts,
    language: string,
  ) {
    this.languages = parts.candidates(language);
    this.stopTokens = parts.onToken((token) => {
      if (this.recogniser) this.recogniser.token = token;
    });
  }

  /** Connects. Rejects with `stt_failed`, or `unauthorized` when there is no token. */
  async open(): Promise<void> {
    await this.connectedRecogniser();
  }

  async prepare(hints: SpeechHints): Promise<void> {
    if (hints.id === this.hints?.id && hints.bias === this.hints.bias) return;
    this.hints = hints;
    this.phrases = phraseList(hints);
    this.languages = this.parts.candidates(hints.language);
    if (!this.utterance) await this.connectedRecogniser();
  }

  reset(): void {
    this.cancel();
    this.hints = undefined;
    this.phrases = [];
  }

  start(listener: SttListener): void {
    this.cancel();
    const utterance: Utterance = { listener, phrases: [], waiting: [], ended: false };
    this.utterance = utterance;
    const ready = this.readyRecogniser();
    if (ready) this.engage(utterance, ready);
    else this.engageWhenThere(utterance);
    if (this.utterance !== utterance || utterance.recogniser?.isConnected) return;
    utterance.deadline = this.parts.clock.setTimeout(() => {
      if (!utterance.recogniser?.isConnected) this.fail(utterance, this.tooSlow());
    }, this.parts.connectMs);
  }

  write(pcm: Int16Array): void {
    const { utterance } = this;
    if (!utterance || utterance.ended) return;
    if (utterance.recogniser) utterance.recogniser.write(pcm);
    else utterance.waiting.push(pcm.slice());
  }

  finish(): void {
    const { utterance } = this;
    if (!utterance || utterance.ended) return;
    utterance.ended = true;
    utterance.recogniser?.end();
  }

  cancel(): void {
    const utterance = this.takeUtterance(this.utterance);
    utterance?.recogniser?.forget();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.takeUtterance(this.utterance);
    this.stopTokens();
    this.recogniser?.close();
    return Promise.resolve();
  }

  /** One for these languages that has nothing else to do. */
  private readyRecogniser(): AzureRecogniser | undefined {
    const { recogniser } = this;
    if (!recogniser) return undefined;
    if (recogniser.isFree && String(recogniser.languages) === String(this.languages)) return recogniser;
    this.recogniser = undefined;
    recogniser.close();
    return undefined;
  }

  private engageWhenThere(utterance: Utterance): void {
    this.build().then(
      (recogniser) => {
        if (this.utterance === utterance) this.engage(utterance, recogniser);
      },
      (error: Error) => this.fail(utterance, error),
    );
  }

  private engage(utterance: Utterance, recogniser: AzureRecogniser): void {
    const begun = recogniser.begin(this.phrases, {
      hypothesis: (text) => this.tell(utterance, text, false),
      phrase: (phrase) => {
        utterance.phrases.push(phrase);
        if (!utterance.ended) this.tell(utterance, '', true);
      },
      over: () => this.takeUtterance(utterance)?.listener.onFinal(joinPhrases(utterance.phrases)),
      failed: (error) => this.fail(utterance, error),
    });
    if (!begun) {
      this.drop(recogniser);
      return this.engageWhenThere(utterance);
    }
    utterance.recogniser = recogniser;
    for (const pcm of utterance.waiting) recogniser.write(pcm);
    utterance.waiting = [];
    if (utterance.ended) recogniser.end();
  }

  private tell(utterance: Utterance, hypothesis: string, stable: boolean): void {
    const words = utterance.phrases.map(({ text }) => text);
    if (hypothesis !== '') words.push(hypothesis);
    if (words.length > 0) utterance.listener.onPartial(words.join(' '), stable);
  }

  private fail(utterance: Utterance, error: Error): void {
    if (utterance.recogniser) this.drop(utterance.recogniser);
    const failure = error instanceof ParleyError ? error : new ParleyError('stt_failed', 'Azure Speech failed', true);
    this.takeUtterance(utterance)?.listener.onError(
      failure.code === 'stt_failed' ? failure : new ParleyError('stt_failed', failure.message, failure.retryable),
    );
  }

  /** Undefined when it is over already. */
  private takeUtterance(utterance: Utterance | undefined): Utterance | undefined {
    if (!utterance || this.utterance !== utterance) return undefined;
    this.utterance = undefined;
    utterance.deadline?.cancel();
    return utterance;
  }

  private async connectedRecogniser(): Promise<void> {
    const recogniser = this.readyRecogniser() ?? (await this.build());
    if (recogniser.isConnected) return;
    let deadline: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      deadline = this.parts.clock.setTimeout(() => reject(this.tooSlow()), this.parts.connectMs);
    });
    try {
      await Promise.race([recogniser.connect(), late]);
    } catch (error) {
      // An utterance that has begun in the meantime has a deadline of its own.
      if (this.utterance?.recogniser !== recogniser) this.drop(recogniser);
      throw error;
    } finally {
      deadline?.cancel();
    }
  }

  /** Not connected yet; connects by itself when it is used. */
  private build(): Promise<AzureRecogniser> {
    return (this.opening ??= this.doBuild().finally(() => (this.opening = undefined)));
  }

  private async doBuild(): Promise<AzureRecogniser> {
    const config = await this.parts.speechConfig();
    if (this.isClosed) throw new ParleyError('stt_failed', 'Azure Speech: the stream was closed');
    const recogniser = new AzureRecogniser(config, this.languages, this.parts.sampleRate, () => this.warmAgain());
    this.recogniser = recogniser;
    return recogniser;
  }

  /** The service ends connections that have been idle for long: the next caller shall not wait for a new one. */
  private warmAgain(): void {
    if (this.isClosed || this.utterance) return;
    this.recogniser = undefined;
    // If it fails, the next utterance tries again and reports it.
    this.connectedRecogniser().catch(() => undefined);
  }

  private drop(recogniser: AzureRecogniser): void {
    if (this.recogniser === recogniser) this.recogniser = undefined;
    recogniser.close();
  }

  private tooSlow(): ParleyError {
    return new ParleyError('stt_failed', `Azure Speech: no connection within ${this.parts.connectMs} ms`, true);
  }
}
