import type { SpeechHints } from '../../../stt-stream.js';
import type { Automaton } from './automaton.js';
import { Conditioner } from './conditioner.js';
import { judge, transcript, unjudged } from './confidence.js';
import { type Engine, engineVersion, loadEngine } from './engine.js';
import { compileGrammar } from './grammar.js';
import type { RecogniserOptions, WorkerAnswer, WorkerRequest } from './protocol.js';
import { TelephoneDecoder } from './telephone-decoder.js';

interface Utterance {
  readonly decoder: TelephoneDecoder;
  readonly conditioner: Conditioner;
}

/** Compiled grammars kept; an agent's scenario has a few dozen states at most. */
const GRAMMAR_CACHE_SIZE = 64;

/** All decoders of one worker thread. Not re-entrant: the caller awaits one request before it makes the next. */
export class Recogniser {
  private readonly idle: TelephoneDecoder[] = [];
  private readonly utterances = new Map<number, Utterance>();
  private readonly grammars = new Map<string, Automaton>();
  private decoderCount = 0;

  private constructor(
    private readonly engine: Engine,
    private readonly options: RecogniserOptions,
    /** Set when the engine is another release than the one whose memory can be read. */
    readonly incident: string | undefined,
  ) {}

  static async create(options: RecogniserOptions): Promise<Recogniser> {
    const version = await engineVersion();
    const incident =
      version === options.knownEngine
        ? undefined
        : `soundswallower is ${version}, and only ${options.knownEngine} can be asked how well a result fits: ` +
          'nothing that is understood is rejected, and the recogniser does not get used to the line';
    const recogniser = new Recogniser(await loadEngine(), options, incident);
    while (recogniser.decoderCount < options.warmDecoders) recogniser.idle.push(await recogniser.createDecoder());
    return recogniser;
  }

  async handle(request: WorkerRequest): Promise<WorkerAnswer> {
    const startedAt = performance.now();
    const answer = await this.answer(request);
    return { ...answer, busyMs: performance.now() - startedAt };
  }

  private async answer(request: WorkerRequest): Promise<Omit<WorkerAnswer, 'busyMs'>> {
    switch (request.kind) {
      case 'prepare':
        await this.prepare(request.hints);
        return {};
      case 'decode':
        return this.decode(request);
      default:
        this.end(request.utterance);
        return {};
    }
  }

  private async prepare(hints: SpeechHints): Promise<void> {
    const decoder = await this.lease(hints);
    this.idle.push(decoder);
  }

  private async decode(request: WorkerRequest & { kind: 'decode' }): Promise<Omit<WorkerAnswer, 'busyMs'>> {
    const { begin, end, pcm } = request;
    if (begin) {
      const decoder = await this.lease(begin.hints);
      this.utterances.set(request.utterance, { decoder, conditioner: new Conditioner(this.options.ditherRatio) });
      await decoder.start(begin.mean);
    }
    const utterance = this.utterances.get(request.utterance);
    if (!utterance) throw new Error('the utterance is not running');
    const { decoder, conditioner } = utterance;
    try {
      decoder.process(conditioner.convert(pcm));
    } catch (error) {
      this.end(request.utterance);
      throw error;
    }
    if (!end) return { text: transcript(decoder.heard()) };
    const mean = this.end(request.utterance);
    const { minConfidence } = this.options;
    const result = decoder.readsMemory
      ? judge(decoder.heard(), conditioner.hadSpeech, minConfidence, conditioner.quietUntilMs)
      : unjudged(decoder.heard(), conditioner.hadSpeech, minConfidence);
    return { text: result.text, result, ...(mean && { mean }) };
  }

  private end(id: number): Float32Array | undefined {
    const utterance = this.utterances.get(id);
    if (!utterance) return undefined;
    this.utterances.delete(id);
    const mean = utterance.decoder.finish();
    this.idle.push(utterance.decoder);
    return mean;
  }

  /** An idle decoder with the hints' grammar loaded: the one that has it, else the longest idle, else a new one. */
  private async lease(hints: SpeechHints): Promise<TelephoneDecoder> {
    const matching = this.idle.findIndex(({ grammarId }) => grammarId === hints.id);
    const [found] = this.idle.splice(Math.max(0, matching), 1);
    if (!found && this.decoderCount >= this.options.maxDecoders) throw new Error('all decoders are busy');
    const decoder = found ?? (await this.createDecoder());
    if (decoder.grammarId !== hints.id) {
      decoder.grammarId = undefined;
      try {
        decoder.setGrammar(this.grammarOf(hints));
      } catch (error) {
        this.idle.unshift(decoder);
        throw error;
      }
      decoder.grammarId = hints.id;
    }
    return decoder;
  }

  private grammarOf(hints: SpeechHints): Automaton {
    const cached = this.grammars.get(hints.id);
    const grammar = cached ?? compileGrammar(hints);
    this.grammars.delete(hints.id);
    this.grammars.set(hints.id, grammar);
    if (this.grammars.size > GRAMMAR_CACHE_SIZE) this.grammars.delete(this.grammars.keys().next().value!);
    return grammar;
  }

  private async createDecoder(): Promise<TelephoneDecoder> {
    this.decoderCount += 1;
    return TelephoneDecoder.create(this.engine, this.options.tuning, this.incident === undefined);
  }
}
