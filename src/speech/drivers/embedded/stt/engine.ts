/* oxlint-disable no-underscore-dangle -- the engine's own names */
import createModule from 'soundswallower';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The parts of the recogniser's WebAssembly module that its type declarations leave out. Pointers are byte offsets. */
export interface Engine {
  readonly Decoder: new (config: Record<string, string | number | boolean>) => EngineDecoder;
  /** Views on the heap; replaced when it grows, so never keep one. */
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _logmath_log(logmath: number, probability: number): number;
  _decoder_logmath(decoder: number): number;
  _decoder_set_fsg(decoder: number, grammar: number): number;
  _decoder_seg_iter(decoder: number): number;
  _seg_iter_next(segment: number): number;
  _acmod_reinit_feat(acousticModel: number, frontEnd: number, features: number): number;
  _fsg_model_init(name: number, logmath: number, languageWeight: number, stateCount: number): number;
  _fsg_set_states(grammar: number, start: number, final: number): void;
  _fsg_model_word_add(grammar: number, word: number): number;
  _fsg_model_trans_add(grammar: number, from: number, to: number, logProbability: number, word: number): void;
  _fsg_model_null_trans_add(grammar: number, from: number, to: number, logProbability: number): number;
}

export interface EngineDecoder {
  readonly cdecoder: number;
  readonly cacmod: number;
  initialize(): Promise<void>;
  /** Called by `initialize`; reads the front end's parameters from the model's folder unless replaced. */
  init_featparams(): Promise<unknown>;
  init_fe(): Promise<number>;
  init_feat(): Promise<number>;
  set_config(key: string, value: string | number | boolean): boolean;
  start(): void;
  stop(): void;
  process_audio(samples: Float32Array, noSearch: boolean, wholeUtterance: boolean): number;
  get_text(): string;
  lookup_word(word: string): string | null;
  add_words(...entries: (readonly [word: string, phones: string])[]): void;
}

/**
 * Loads the module. Its loader installs a process-wide handler that rethrows uncaught exceptions: call this in a worker
 * thread only, once.
 */
export async function loadEngine(): Promise<Engine> {
  const load = createModule as unknown as (options: object) => Promise<Engine>;
  // It prints each utterance that leaves the grammar; that is an ordinary result here.
  return load({ modelBase: path.join(packageFolder(), 'model', path.sep), print: () => {}, printErr: () => {} });
}

/** Of the installed package, such as `0.6.3`. */
export async function engineVersion(): Promise<string> {
  const text = await readFile(path.join(packageFolder(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function packageFolder(): string {
  return path.dirname(createRequire(import.meta.url).resolve('soundswallower'));
}

/** Calls `use` with a pointer to `text` as a C string. */
export function withCString<T>(engine: Engine, text: string, use: (pointer: number) => T): T {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const pointer = engine._malloc(bytes.length);
  engine.HEAPU8.set(bytes, pointer);
  try {
    return use(pointer);
  } finally {
    engine._free(pointer);
  }
}

export function readCString(engine: Engine, pointer: number): string {
  const end = engine.HEAPU8.indexOf(0, pointer);
  return new TextDecoder().decode(engine.HEAPU8.subarray(pointer, end));
}
