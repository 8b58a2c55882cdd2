import type { Clock, Timer } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import type { SpeechHints, SttListener, SttStream } from '../../stt-stream.js';
import { DeepgramConnection } from './deepgram-connection.js';
import type { DeepgramResults } from './deepgram-messages.js';
import { DeepgramUtterance } from './deepgram-utterance.js';

export interface DeepgramSttParts {
  readonly key: string;
  readonly sampleRate: number;
  readonly connectMs: number;
  readonly clock: Clock;
  /** The address to connect to for these hints; the same as long as the connection will do. */
  readonly addressFor: (hints: SpeechHints | undefined) => string;
}

/**
 * The service need not answer `Finalize` when there is next to nothing left to understand: when it has been silent for
 * so long, and owes no words, that was all.
 */
const QUIET_MS = 400;

/** One connection, kept alive between utterances; each is a stretch of its audio, ended by `Finalize`. */
export class DeepgramSttStream implements SttStream {
  private hints: SpeechHints | undefined;
  private connection: DeepgramConnection | undefined;
  private address = '';
  /** So far: names of voices are those of one connection. */
  private connections = 0;
  /** Of audio that was sent on the connection. */
  private sentMs = 0;
  private utterance: DeepgramUtterance | undefined;
  /** Audio that came before the connection was open. */
  private waiting: Int16Array[] = [];
  private quiet: Timer | undefined;
  private failOpening: (error: Error) => void = () => undefined;
  /** Whether audio of the utterance goes straight to the connection. */
  private isFlowing = false;
  private isClosed = false;

  constructor(private readonly parts: DeepgramSttParts) {}

  /** Connects. Rejects with `stt_failed`. */
  open(): Promise<void> {
    const connection = this.connected();
    return new Promise((resolve, reject) => {
      this.failOpening = reject;
      void connection.whenOpen.then(resolve);
    });
  }

  async prepare(hints: SpeechHints): Promise<void> {
    if (hints.id === this.hints?.id && hints.bias === this.hints.bias) return;
    this.hints = hints;
    if (!this.utterance) await this.open();
  }

  reset(): void {
    this.cancel();
    this.hints = undefined;
  }

  start(listener: SttListener): void {
    this.cancel();
    const connection = this.connected();
    const utterance = new DeepgramUtterance(listener, this.sentMs);
    this.utterance = utterance;
    this.waiting = [];
    void connection.whenOpen.then(() => {
      if (this.utterance !== utterance || this.connection !== connection) return;
      for (const pcm of this.waiting.splice(0)) this.send(connection, pcm);
      this.isFlowing = true;
      if (utterance.ended) this.finalize(connection);
    });
  }

  write(pcm: Int16Array): void {
    const { utterance, connection } = this;
    if (!utterance || utterance.ended || !connection) return;
    utterance.audioMs += (pcm.length * 1000) / this.parts.sampleRate;
    if (this.isFlowing) this.send(connection, pcm);
    else this.waiting.push(pcm.slice());
  }

  finish(): void {
    const { utterance, connection } = this;
    if (!utterance || utterance.ended || !connection) return;
    utterance.ended = true;
    if (this.isFlowing) this.finalize(connection);
  }

  cancel(): void {
    // What it heard so far must not become part of what comes next.
    if (this.takeUtterance()) this.connection?.finalize();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.takeUtterance();
    this.connection?.close();
    this.connection = undefined;
    return Promise.resolve();
  }

  private send(connection: DeepgramConnection, pcm: Int16Array): void {
    connection.send(pcm);
    this.sentMs += (pcm.length * 1000) / this.parts.sampleRate;
  }

  private finalize(connection: DeepgramConnection): void {
    connection.finalize();
    this.awaitQuiet();
  }

  private awaitQuiet(): void {
    this.quiet?.cancel();
    this.quiet = this.parts.clock.setTimeout(() => {
      if (this.utterance?.isSettled) this.complete();
    }, QUIET_MS);
  }

  private onResults(results: DeepgramResults): void {
    const { utterance } = this;
    if (!utterance) return;
    if (utterance.take(results)) this.complete();
    else if (utterance.ended && this.utterance === utterance) this.awaitQuiet();
  }

  private complete(): void {
    const utterance = this.takeUtterance();
    utterance?.listener.onFinal({ ...utterance.result(), epoch: this.connections });
  }

  private takeUtterance(): DeepgramUtterance | undefined {
    const { utterance } = this;
    this.utterance = undefined;
    this.isFlowing = false;
    this.waiting = [];
    this.quiet?.cancel();
    return utterance;
  }

  /** One for these hints; it may still be about to open. */
  private connected(): DeepgramConnection {
    const { key, connectMs, clock } = this.parts;
    const address = this.parts.addressFor(this.hints);
    if (this.connection?.isUsable && this.address === address) return this.connection;
    this.connection?.close();
    this.address = address;
    this.sentMs = 0;
    this.connections++;
    const connection: DeepgramConnection = new DeepgramConnection(
      { url: new URL(address), key, connectMs, clock },
      (results) => {
        if (this.connection === connection) this.onResults(results);
      },
      (error) => {
        if (this.connection === connection) this.onLost(error);
      },
    );
    return (this.connection = connection);
  }

  private onLost(error: ParleyError): void {
    this.connection = undefined;
    this.failOpening(error);
    const utterance = this.takeUtterance();
    if (utterance) return utterance.listener.onError(error);
    // A connection that was idle may have been closed for that; the next caller shall not wait for a new one.
    if (!this.isClosed && error.message.includes('closed with 1011')) this.connected();
  }
}
