/* oxlint-disable no-underscore-dangle -- the engine's own names */
import type { Automaton } from './automaton.js';
import { type Engine, type EngineDecoder, readCString, withCString } from './engine.js';
import { lettersToPhones } from './letter-to-sound.js';

/** A word of the best path. */
export interface HeardWord {
  readonly word: string;
  /** First and last frame, 10 ms each. */
  readonly startFrame: number;
  readonly endFrame: number;
  /** Acoustic score relative to the best-fitting sound in each frame: 0 is perfect, the more negative the worse. */
  readonly acousticScore: number;
  /** What the grammar makes of the word, in the same unit: the likelier, the nearer to 0. */
  readonly languageScore: number;
}

export interface DecoderTuning {
  /** Exponent of the grammar's probabilities against the acoustic ones. */
  readonly languageWeight: number;
  /** Probability-like price of each word: below 1 fewer, longer words win. */
  readonly wordInsertionPenalty: number;
  readonly silenceProbability: number;
  readonly fillerProbability: number;
  readonly beam: number;
  readonly wordBeam: number;
}

/** How many frames of 10 ms the mean of the utterances before counts for when that of the next one is taken. */
const MEAN_WEIGHT_FRAMES = 100;
/** The cepstral mean of clean telephone speech at an ordinary level. */
const TYPICAL_MEAN = Float32Array.of(42.2, -0.64, 5.37, -1.5, -0.93, -2.48, -0.82, 1.42, 1, 1.13, 0.79, 1.04, 0.65);
/** The engine moves its mean of its own accord at 800. */
const MOST_MEAN_FRAMES = 600;
const SLICE_SAMPLES = 8000;
const CEPSTRA = TYPICAL_MEAN.length;

/** Front end of the 8 kHz model as trained, without its noise subtraction, which costs more in noise than it gives. */
const FRONT_END: Readonly<Record<string, string | number | boolean>> = {
  lowerf: 130,
  upperf: 3700,
  nfilt: 20,
  transform: 'dct',
  lifter: 22,
  feat: '1s_c_d_dd',
  svspec: '0-12/13-25/26-38',
  cmn: 'live',
  varnorm: false,
  remove_noise: false,
};

/**
 * Pronunciations beside the dictionary's. "five" often ends in a nasal murmur over a telephone, which the model takes
 * for the N of "nine".
 */
const VARIANTS: readonly (readonly [word: string, phones: string])[] = [
  ['five(2)', 'F AY AH V'],
  ['five(3)', 'F AY N'],
];

/** One decoder of the engine: 30 MB, a quarter of a second to build, never freed (freeing it leaks). */
export class TelephoneDecoder {
  /** Which grammar is loaded; the owner's to set. */
  grammarId: string | undefined;
  private features = 0;

  private constructor(
    private readonly engine: Engine,
    private readonly decoder: EngineDecoder,
    private readonly tuning: DecoderTuning,
    /** Whether the engine's structures are where this class expects them. Without, words have neither time nor score. */
    readonly readsMemory: boolean,
  ) {}

  static async create(engine: Engine, tuning: DecoderTuning, readsMemory: boolean): Promise<TelephoneDecoder> {
    const decoder = new engine.Decoder({
      samprate: 8000,
      loglevel: 'FATAL',
      compallsen: true,
      lw: tuning.languageWeight,
      wip: tuning.wordInsertionPenalty,
      silprob: tuning.silenceProbability,
      fillprob: tuning.fillerProbability,
      beam: tuning.beam,
      pbeam: tuning.beam,
      wbeam: tuning.wordBeam,
    });
    // The model's own parameter file overrides the constructor's, so it is not read at all.
    decoder.init_featparams = () => {
      for (const [key, value] of Object.entries(FRONT_END)) decoder.set_config(key, value);
      return Promise.resolve();
    };
    await decoder.initialize();
    decoder.add_words(...VARIANTS);
    return new TelephoneDecoder(engine, decoder, tuning, readsMemory);
  }

  /** Loads a grammar; tens of milliseconds for a thousand arcs. Not during an utterance. */
  setGrammar(automaton: Automaton): void {
    this.pronounceAll(automaton);
    const { engine } = this;
    const logmath = engine._decoder_logmath(this.decoder.cdecoder);
    const score = (logWeight: number): number =>
      Math.trunc(engine._logmath_log(logmath, Math.exp(Math.min(0, logWeight))) * this.tuning.languageWeight);
    const grammar = withCString(engine, 'hints', (name) =>
      engine._fsg_model_init(name, logmath, this.tuning.languageWeight, automaton.stateCount),
    );
    engine._fsg_set_states(grammar, automaton.startState, automaton.finalState);
    const ids = new Map<string, number>();
    const idOf = (word: string): number => {
      let id = ids.get(word);
      if (id === undefined) {
        id = withCString(engine, word, (pointer) => engine._fsg_model_word_add(grammar, pointer));
        ids.set(word, id);
      }
      return id;
    };
    for (const { from, to, word, logWeight } of automaton.arcs) {
      engine._fsg_model_trans_add(grammar, from, to, score(logWeight), idOf(word));
    }
    for (const { from, logWeight } of automaton.exits) {
      engine._fsg_model_null_trans_add(grammar, from, automaton.finalState, score(logWeight));
    }
    if (engine._decoder_set_fsg(this.decoder.cdecoder, grammar) < 0) throw new Error('the engine refused the grammar');
  }

  /**
   * Begins an utterance with a fresh front end, so that nothing of the utterance before (its channel, a poisoned
   * state) is left. `mean` is the channel's cepstral mean from `finish`, where the stream has one.
   */
  async start(mean: Float32Array = TYPICAL_MEAN): Promise<void> {
    const frontEnd = await this.decoder.init_fe();
    this.features = await this.decoder.init_feat();
    if (this.engine._acmod_reinit_feat(this.decoder.cacmod, frontEnd, this.features) < 0) {
      throw new Error('the engine could not reset its front end');
    }
    this.writeMean(mean);
    this.decoder.start();
  }

  process(samples: Float32Array): void {
    for (let at = 0; at < samples.length; at += SLICE_SAMPLES) {
      this.decoder.process_audio(samples.subarray(at, at + SLICE_SAMPLES), false, false);
      this.holdMean();
    }
  }

  /** The best path so far. */
  heard(): HeardWord[] {
    const { engine } = this;
    if (!this.readsMemory) return this.heardText();
    const heard: HeardWord[] = [];
    let segment = engine._decoder_seg_iter(this.decoder.cdecoder);
    while (segment !== 0) {
      // seg_iter_s { vtable, search, word, first frame, last frame, acoustic score, language score, probability }
      const at = segment >> 2;
      const word = engine.HEAP32[at + 2]!;
      if (word !== 0) {
        heard.push({
          word: plain(readCString(engine, word)),
          startFrame: engine.HEAP32[at + 3]!,
          endFrame: engine.HEAP32[at + 4]!,
          acousticScore: engine.HEAP32[at + 5]!,
          languageScore: engine.HEAP32[at + 6]!,
        });
      }
      segment = engine._seg_iter_next(segment);
    }
    return heard.filter(({ word }) => word !== '(NULL)');
  }

  /** Ends the utterance; `heard` then gives the final path. Returns the cepstral mean for the next one. */
  finish(): Float32Array | undefined {
    this.decoder.stop();
    return this.readMean();
  }

  private heardText(): HeardWord[] {
    const text = this.decoder.get_text();
    const unknown = { startFrame: 0, endFrame: 0, acousticScore: 0, languageScore: 0 };
    return text === '' ? [] : text.split(' ').map((word) => ({ word: plain(word), ...unknown }));
  }

  private pronounceAll(automaton: Automaton): void {
    const unknown = new Set(automaton.arcs.map(({ word }) => word));
    for (const word of unknown) if (this.decoder.lookup_word(word) !== null) unknown.delete(word);
    if (unknown.size > 0) {
      this.decoder.add_words(...[...unknown].map((word) => [word, lettersToPhones(word)] as const));
    }
  }

  private readMean(): Float32Array | undefined {
    const pointer = this.normaliser();
    if (pointer === undefined) return undefined;
    return this.engine.HEAPF32.slice(...this.meanRange(pointer));
  }

  private meanRange(normaliser: number): [from: number, to: number] {
    const mean = this.engine.HEAP32[normaliser >> 2]! >> 2;
    return [mean, mean + CEPSTRA];
  }

  /** Starts counting again before the engine would move its mean, to that of silence when the caller pauses. */
  private holdMean(): void {
    const pointer = this.normaliser();
    if (pointer === undefined || this.engine.HEAP32[(pointer >> 2) + 3]! < MOST_MEAN_FRAMES) return;
    this.writeMean(this.engine.HEAPF32.slice(...this.meanRange(pointer)));
  }

  private writeMean(mean: Float32Array): void {
    const pointer = this.normaliser();
    if (pointer === undefined) return;
    const [meanAt, , sumAt] = this.engine.HEAP32.subarray(pointer >> 2, (pointer >> 2) + 3);
    this.engine.HEAPF32.set(mean, meanAt! >> 2);
    this.engine.HEAPF32.set(
      mean.map((value) => value * MEAN_WEIGHT_FRAMES),
      sumAt! >> 2,
    );
    this.engine.HEAP32[(pointer >> 2) + 3] = MEAN_WEIGHT_FRAMES;
  }

  /**
   * The engine's `cmn_t { mean, variance, sum, frames, length, … }`, which it has no call for: field 14 of `feat_t`.
   * Undefined when that is not what is there.
   */
  private normaliser(): number | undefined {
    if (!this.readsMemory) return undefined;
    const pointer = this.engine.HEAP32[(this.features >> 2) + 14]!;
    return this.engine.HEAP32[(pointer >> 2) + 4] === CEPSTRA ? pointer : undefined;
  }
}

/** Without the number of its pronunciation. */
function plain(word: string): string {
  return word.replace(/\(\d+\)$/, '');
}
