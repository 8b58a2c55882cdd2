import { Aborted, childController } from '../../../kernel/abort.js';
import { ParleyError } from '../../../kernel/errors.js';
import { LeadSilence } from '../../lead-silence.js';
import type { PhraseCache } from '../../phrase-cache.js';
import type { TtsChunk, TtsRequest, TtsVoice } from '../../tts-voice.js';
import type { JobPool } from './job-pool.js';
import type { SynthesisJob, SynthesisResult } from './messages.js';
import { speakableParts } from './speakable-parts.js';

/** Speaks part by part; while one is being heard, the next is made. The models know no pitch: it is left as it is. */
export class SherpaTtsVoice implements TtsVoice {
  private readonly speaking = new Set<AbortController>();
  private isClosed = false;

  constructor(
    private readonly pool: JobPool<SynthesisJob, SynthesisResult>,
    private readonly cache: PhraseCache,
    private readonly speakerOf: (voice: string) => number | undefined,
    private readonly ownLanguage: string,
  ) {}

  async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    signal.throwIfAborted();
    if (this.isClosed) throw new ParleyError('tts_failed', 'the voice was closed');
    const speaker = this.speakerOf(request.voice);
    if (speaker === undefined) throw new ParleyError('invalid_parameter', `unknown voice "${request.voice}"`);
    const known = request.cacheable ? this.cache.get(request) : undefined;
    const made: TtsChunk[] = [];
    for await (const chunk of known ?? this.speak(request, speaker, signal)) {
      if (request.cacheable) made.push(chunk);
      yield chunk;
      signal.throwIfAborted();
    }
    if (request.cacheable && !known && made.length > 0) this.cache.add(request, made);
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const scope of this.speaking) scope.abort(new ParleyError('tts_failed', 'the voice was closed'));
    return Promise.resolve();
  }

  private async *speak(request: TtsRequest, speaker: number, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const parts = speakableParts(request.text, request.language ?? this.ownLanguage);
    // Ends with the request's signal, with the voice, and with this generator.
    const scope = childController(signal);
    this.speaking.add(scope);
    const begin = (text: string | undefined): Promise<SynthesisResult> | undefined => {
      const result =
        text === undefined ? undefined : this.pool.run({ text, speaker, rate: request.rate }, scope.signal);
      // It may fail before anybody waits for it.
      result?.catch(() => undefined);
      return result;
    };
    let silence: LeadSilence | undefined;
    try {
      let next = begin(parts[0]);
      for (let i = 0; next; i++) {
        const { pcm, sampleRate } = await next;
        next = begin(parts[i + 1]);
        silence ??= new LeadSilence(sampleRate);
        const audible = silence.push(pcm);
        if (audible.length > 0) yield { pcm: audible, sampleRate };
      }
    } finally {
      this.speaking.delete(scope);
      scope.abort(new Aborted('superseded', 'the rest of the text is no longer wanted'));
    }
  }
}
