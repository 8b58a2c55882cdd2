import type { WebSocket } from 'ws';
import { type UspMessage, sendText } from './usp.js';

/** What an utterance is heard as: phrases, each of which is final as soon as its words have been heard. */
export type HeardPhrases = readonly string[];

export interface RecognitionFaults {
  /** After so much audio of an utterance the connection is cut. */
  diesAfterMs?: number | undefined;
  /** After so much audio something comes that is no message. */
  garbageAfterMs?: number | undefined;
  /** The end of the audio is never answered. */
  neverFinal?: boolean;
}

/** What the service got of one utterance. */
export interface HeardUtterance {
  readonly query: URLSearchParams;
  readonly context: Record<string, unknown>;
  readonly pcm: Int16Array;
  /** Messages it came in. */
  readonly frames: number;
  readonly ended: boolean;
}

const TICKS_PER_MS = 10_000;
export const WORD_MS = 100;

interface Turn {
  readonly requestId: string;
  readonly context: Record<string, unknown>;
  sampleRate: number;
  bytes: Buffer[];
  frames: number;
  ended: boolean;
  readonly phrases: HeardPhrases;
  /** How many are final. */
  told: number;
  shown: number;
}

/** The service's end of a connection for recognition. Whatever a real one would refuse ends it with 1007. */
export class RecognitionSession {
  private configured = false;
  private turn: Turn | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly query: URLSearchParams,
    private readonly nextScript: () => HeardPhrases,
    private readonly faults: RecognitionFaults,
    private readonly heard: (utterance: HeardUtterance) => void,
  ) {
    socket.on('close', () => this.note());
  }

  /** @throws Error with what is wrong. */
  take({ path, requestId, contentType, body }: UspMessage): void {
    if (path === 'speech.config') {
      const { context } = JSON.parse(body.toString()) as { context?: { system?: unknown } };
      if (!context?.system) throw new Error('speech.config without context.system');
      this.configured = true;
      return;
    }
    if (!this.configured) throw new Error(`${path} before speech.config`);
    if (path === 'speech.context') return this.begin(requestId, JSON.parse(body.toString()) as Record<string, unknown>);
    if (path !== 'audio') {
      if (path !== 'telemetry') throw new Error(`unknown path ${path}`);
      return;
    }
    if (!this.turn || this.turn.requestId !== requestId) throw new Error('audio before speech.context');
    if (this.turn.ended) throw new Error('audio after its end');
    if (this.turn.sampleRate === 0) return this.header(this.turn, contentType, body);
    if (body.length === 0) return this.end(this.turn);
    this.audio(this.turn, body);
  }

  private begin(requestId: string, context: Record<string, unknown>): void {
    const languages = (context['languageId'] as { languages?: string[] } | undefined)?.languages;
    if (this.query.get('lidEnabled') === 'true' ? !languages : !this.query.get('language'))
      throw new Error('no language');
    if (languages && languages.length > 4) throw new Error('at most four languages at the start');
    this.note();
    const phrases = this.nextScript();
    this.turn = { requestId, context, sampleRate: 0, bytes: [], frames: 0, ended: false, phrases, told: 0, shown: 0 };
  }

  private header(turn: Turn, contentType: string, body: Buffer): void {
    if (contentType !== 'audio/x-wav' || body.toString('ascii', 0, 4) !== 'RIFF' || body.length < 44)
      throw new Error('audio must begin with a RIFF header');
    if (body.readUInt16LE(22) !== 1 || body.readUInt16LE(34) !== 16) throw new Error('mono PCM16 only');
    turn.sampleRate = body.readUInt32LE(24);
    sendText(this.socket, 'turn.start', turn.requestId, { context: { serviceTag: 'fake' } });
  }

  private audio(turn: Turn, body: Buffer): void {
    turn.bytes.push(body);
    turn.frames++;
    const heardMs = this.msOf(turn);
    if (this.faults.diesAfterMs !== undefined && heardMs >= this.faults.diesAfterMs) return this.socket.terminate();
    if (this.faults.garbageAfterMs !== undefined && heardMs >= this.faults.garbageAfterMs) {
      this.socket.send('\u0000 this is no message');
      return;
    }
    const words = turn.phrases.flatMap((phrase) => phrase.split(' '));
    const known = Math.min(words.length, Math.floor(heardMs / WORD_MS));
    if (known > turn.shown) this.tell(turn, known);
  }

  /** Hypotheses, and each phrase but the last as soon as all of it has been heard. */
  private tell(turn: Turn, known: number): void {
    turn.shown = known;
    let before = 0;
    for (const [index, phrase] of turn.phrases.entries()) {
      const words = phrase.split(' ');
      const inPhrase = Math.min(words.length, known - before);
      if (inPhrase <= 0) return;
      if (index >= turn.told) {
        if (inPhrase === words.length && index < turn.phrases.length - 1 && known > before + inPhrase) {
          this.phrase(turn, index);
        } else {
          sendText(this.socket, 'speech.hypothesis', turn.requestId, {
            Id: `p${index}`,
            Text: words.slice(0, inPhrase).join(' '),
            Offset: before * WORD_MS * TICKS_PER_MS,
            Duration: inPhrase * WORD_MS * TICKS_PER_MS,
          });
        }
      }
      before += words.length;
    }
  }

  private phrase(turn: Turn, index: number): void {
    const before = turn.phrases.slice(0, index).flatMap((phrase) => phrase.split(' ')).length;
    const words = turn.phrases[index]!.split(' ');
    const Offset = before * WORD_MS * TICKS_PER_MS;
    const Lexical = words.join(' ');
    const languages = (turn.context['languageId'] as { languages?: string[] } | undefined)?.languages;
    turn.told = index + 1;
    sendText(this.socket, 'speech.phrase', turn.requestId, {
      Id: `p${index}`,
      RecognitionStatus: 'Success',
      Offset,
      Duration: words.length * WORD_MS * TICKS_PER_MS,
      DisplayText: `${Lexical}.`,
      ...(languages && { PrimaryLanguage: { Language: languages[0], Confidence: 'High' } }),
      NBest: [
        {
          Confidence: 0.9,
          Lexical,
          ITN: Lexical,
          MaskedITN: Lexical,
          Display: `${Lexical}.`,
          Words: words.map((Word, at) => ({
            Word,
            Offset: Offset + at * WORD_MS * TICKS_PER_MS,
            Duration: WORD_MS * TICKS_PER_MS,
          })),
        },
      ],
    });
  }

  private end(turn: Turn): void {
    turn.ended = true;
    this.note();
    if (this.faults.neverFinal) return;
    sendText(this.socket, 'speech.endDetected', turn.requestId, { Offset: this.msOf(turn) * TICKS_PER_MS });
    if (turn.phrases.length === 0) {
      sendText(this.socket, 'speech.phrase', turn.requestId, {
        RecognitionStatus: 'InitialSilenceTimeout',
        Offset: 0,
        Duration: 0,
      });
    }
    while (turn.told < turn.phrases.length) this.phrase(turn, turn.told);
    sendText(this.socket, 'turn.end', turn.requestId, {});
    this.turn = undefined;
  }

  /** Tells what it got, once. */
  private note(): void {
    const { turn } = this;
    if (!turn || turn.sampleRate === 0) return;
    const all = Buffer.concat(turn.bytes);
    const pcm = new Int16Array(all.length >> 1);
    for (let i = 0; i < pcm.length; i++) pcm[i] = all.readInt16LE(i * 2);
    this.heard({ query: this.query, context: turn.context, pcm, frames: turn.frames, ended: turn.ended });
    if (!turn.ended) this.turn = undefined;
    turn.bytes = [all];
  }

  private msOf(turn: Turn): number {
    return (turn.bytes.reduce((sum, bytes) => sum + bytes.length, 0) * 1000) / (turn.sampleRate * 2);
  }
}
