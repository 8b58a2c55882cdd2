import { Aborted, childController } from '../../../../kernel/abort.js';
import { ParleyError } from '../../../../kernel/errors.js';
import { spokenForm, type Pause, type SpokenFormOptions } from '../../../spoken-form.js';
import type { TtsChunk, TtsMark, TtsRequest, TtsVoice } from '../../../tts-voice.js';
import { clauseText, planClauses, wordsOf, type Clause } from './clauses.js';
import { fliteVoices, type FliteVoice } from './flite.js';
import type { PhraseCache } from '../../../phrase-cache.js';
import type { Synthesis, SynthesisJob } from './synthesis.js';
import type { SynthesisPool } from './synthesis-pool.js';

/** Silence after a clause at the voice's own tempo. */
const pauseMs: Readonly<Record<Pause, number>> = { none: 40, clause: 110, sentence: 220 };

/** Speaks clause by clause; while one is being heard, the next is made. */
export class EmbeddedTtsVoice implements TtsVoice {
  private readonly speaking = new Set<AbortController>();
  private isClosed = false;

  constructor(
    private readonly pool: SynthesisPool,
    private readonly cache: PhraseCache,
    private readonly spokenFormOptions: SpokenFormOptions,
  ) {}

  async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    signal.throwIfAborted();
    if (this.isClosed) throw new ParleyError('tts_failed', 'the voice was closed');
    const voice = checkRequest(request);
    const known = request.cacheable ? this.cache.get(request) : undefined;
    if (known) {
      yield* untilAborted(known, signal);
      return;
    }
    const made: TtsChunk[] = [];
    for await (const chunk of this.speak(request, voice, signal)) {
      if (request.cacheable) made.push(chunk);
      yield chunk;
      signal.throwIfAborted();
    }
    if (request.cacheable && made.length > 0) this.cache.add(request, made);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const scope of this.speaking) scope.abort(new ParleyError('tts_failed', 'the voice was closed'));
  }

  private async *speak(request: TtsRequest, voice: FliteVoice, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    const clauses = planClauses(spokenForm(request.text, this.spokenFormOptions));
    // Ends with the request's signal, with the voice, and with this generator.
    const scope = childController(signal);
    this.speaking.add(scope);
    const begin = (clause: Clause | undefined): Promise<Synthesis> | undefined => {
      const synthesis = clause && this.pool.run(toJob(clause, request, voice), scope.signal);
      // It may fail before anybody waits for it.
      synthesis?.catch(() => undefined);
      return synthesis;
    };
    let offsetMs = 0;
    try {
      let next = begin(clauses[0]);
      for (const [i, clause] of clauses.entries()) {
        const synthesis = await next!;
        next = begin(clauses[i + 1]);
        yield toChunk(clause, synthesis, offsetMs);
        offsetMs += (synthesis.pcm.length * 1000) / synthesis.sampleRate;
      }
    } finally {
      this.speaking.delete(scope);
      scope.abort(new Aborted('superseded', 'the rest of the text is no longer wanted'));
    }
  }
}

/** @throws ParleyError `invalid_parameter` */
function checkRequest({ voice, rate, pitch }: TtsRequest): FliteVoice {
  const known = fliteVoices.find((name) => name === voice);
  if (!known)
    throw new ParleyError('invalid_parameter', `unknown voice "${voice}": there are ${fliteVoices.join(', ')}`);
  if (!(rate >= 0.5 && rate <= 2)) throw new ParleyError('invalid_parameter', `rate ${rate} is not from 0.5 to 2`);
  if (!(pitch >= -12 && pitch <= 12))
    throw new ParleyError('invalid_parameter', `pitch ${pitch} is not from -12 to 12`);
  return known;
}

function toJob(clause: Clause, { rate, pitch }: TtsRequest, voice: FliteVoice): SynthesisJob {
  const words = clause.segments.flatMap(wordsOf);
  return { text: clauseText(clause), words, voice, rate, pitch, pauseMs: pauseMs[clause.pause] / rate };
}

function toChunk(clause: Clause, { pcm, sampleRate, wordEndsMs }: Synthesis, offsetMs: number): TtsChunk {
  const marks: TtsMark[] = [];
  let word = 0;
  for (const segment of clause.segments) {
    word += wordsOf(segment).length;
    marks.push({ textOffset: segment.end, endMs: offsetMs + (wordEndsMs[word - 1] ?? 0) });
  }
  return { pcm, sampleRate, marks };
}

function* untilAborted(chunks: readonly TtsChunk[], signal: AbortSignal): Generator<TtsChunk, void> {
  for (const chunk of chunks) {
    yield chunk;
    signal.throwIfAborted();
  }
}
