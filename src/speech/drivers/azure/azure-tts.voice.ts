import type { SpeechConfig } from 'microsoft-cognitiveservices-speech-sdk';
import { AsyncQueue } from '../../../kernel/async-queue.js';
import { ParleyError } from '../../../kernel/errors.js';
import { LeadSilence } from '../../lead-silence.js';
import type { PhraseCache } from '../../phrase-cache.js';
import type { TtsChunk, TtsMark, TtsRequest, TtsVoice } from '../../tts-voice.js';
import { ssmlOf } from './azure-ssml.js';
import { AzureSynthesiser } from './azure-synthesiser.js';

export interface AzureTtsParts {
  /** Rejects with a ParleyError. */
  readonly speechConfig: () => Promise<SpeechConfig>;
  /** Hz, of the audio that `speechConfig` asks for. */
  readonly sampleRate: number;
  readonly cache: PhraseCache;
  /** Returns how to stop. */
  readonly onToken: (listener: (token: string) => void) => () => void;
}

type Piece =
  { readonly bytes: ArrayBuffer } | { readonly word: string; readonly endMs: number } | { readonly error: Error };

/** Speaks through a connection that is kept open from text to text. */
export class AzureTtsVoice implements TtsVoice {
  private synthesiser: AzureSynthesiser | undefined;
  private readonly stopTokens: () => void;
  private isClosed = false;

  constructor(private readonly parts: AzureTtsParts) {
    this.stopTokens = parts.onToken((token) => {
      if (this.synthesiser) this.synthesiser.token = token;
    });
  }

  /** Connects. Rejects with a ParleyError. */
  async open(): Promise<void> {
    await (await this.freeSynthesiser()).connect();
  }

  async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    signal.throwIfAborted();
    const known = request.cacheable ? this.parts.cache.get(request) : undefined;
    const made: TtsChunk[] = [];
    for await (const chunk of known ?? this.speak(request, signal)) {
      made.push(chunk);
      yield chunk;
      signal.throwIfAborted();
    }
    if (request.cacheable && !known && made.length > 0) this.parts.cache.add(request, made);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.stopTokens();
    this.synthesiser?.close();
    return Promise.resolve();
  }

  /** The service may have hung up on an idle connection without our knowing: then it is worth another one. */
  private async *speak(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const isUsed = this.synthesiser?.isFree === true;
    let begun = false;
    try {
      for await (const chunk of this.speakOnce(request, signal)) {
        begun = true;
        yield chunk;
      }
      return;
    } catch (error) {
      const isWorthIt = isUsed && !begun && error instanceof ParleyError && error.retryable;
      if (!isWorthIt || signal.aborted) throw error;
    }
    yield* this.speakOnce(request, signal);
  }

  private async *speakOnce(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const synthesiser = await this.freeSynthesiser();
    signal.throwIfAborted();
    const pieces = new AsyncQueue<Piece>();
    const onAbort = (): void => pieces.fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let over = false;
    try {
      synthesiser.speak(ssmlOf(request), {
        audio: (bytes) => void pieces.offer({ bytes }),
        word: (word, endMs) => void pieces.offer({ word, endMs }),
        over: () => {
          over = true;
          pieces.close();
        },
        failed: (error) => {
          pieces.offer({ error });
          pieces.close();
        },
      });
      yield* toChunks(pieces, request.text, this.parts.sampleRate);
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (!over) synthesiser.stop();
    }
  }

  private async freeSynthesiser(): Promise<AzureSynthesiser> {
    if (this.synthesiser?.isFree) return this.synthesiser;
    // It has been told to stop and has not: nobody waits for it.
    this.synthesiser?.close();
    this.synthesiser = undefined;
    const config = await this.parts.speechConfig();
    if (this.isClosed) throw new ParleyError('tts_failed', 'Azure Speech: the voice was closed');
    return (this.synthesiser = new AzureSynthesiser(config));
  }
}

/** From what the service sends to audio without the silence at its start, and words with their place in the text. */
async function* toChunks(
  pieces: AsyncIterable<Piece>,
  text: string,
  sampleRate: number,
): AsyncGenerator<TtsChunk, void> {
  const silence = new LeadSilence(sampleRate);
  const samples = new SampleReader();
  let marks: TtsMark[] = [];
  let cursor = 0;
  let begun = false;
  const takeMarks = (): TtsMark[] => {
    const placed = marks.map((mark) => ({ ...mark, endMs: Math.max(0, mark.endMs - silence.trimmedMs) }));
    marks = [];
    return placed;
  };
  for await (const piece of pieces) {
    if ('error' in piece) throw piece.error;
    if ('word' in piece) {
      const at = text.indexOf(piece.word, cursor);
      if (piece.word.trim() === '' || at < 0) continue;
      cursor = at + piece.word.length;
      marks.push({ textOffset: cursor, endMs: piece.endMs });
      continue;
    }
    const pcm = silence.push(samples.read(piece.bytes));
    if (pcm.length === 0) continue;
    begun = true;
    yield { pcm, sampleRate, marks: takeMarks() };
  }
  if (begun && marks.length > 0) yield { pcm: new Int16Array(0), sampleRate, marks: takeMarks() };
}

/** The service may cut its audio in the middle of a sample. */
class SampleReader {
  private half: number | undefined;

  read(bytes: ArrayBuffer): Int16Array {
    const all = new Uint8Array(bytes.byteLength + (this.half === undefined ? 0 : 1));
    if (this.half !== undefined) all[0] = this.half;
    all.set(new Uint8Array(bytes), this.half === undefined ? 0 : 1);
    this.half = all.length % 2 === 1 ? all[all.length - 1] : undefined;
    return new Int16Array(all.buffer, 0, all.length >> 1);
  }
}
