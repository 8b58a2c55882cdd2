import path from 'node:path';
import { ParleyError } from '../../../kernel/errors.js';
import type { SherpaConfig } from '../../../config/sherpa.config.js';
import { ModelFiles } from './model-files.js';
import type { OfflineTtsConfig, OnlineRecognizerConfig, SpeakerEmbeddingExtractorConfig } from 'sherpa-onnx-node';

export const modelTasks = ['stt', 'tts', 'speaker'] as const;
export type ModelTask = (typeof modelTasks)[number];

/** A model as sherpa-onnx is to load it. */
export type FoundModel = {
  /** What it is, for people: `streaming transducer (zipformer2)`. */
  readonly kind: string;
} & (
  | { readonly task: 'stt'; readonly sampleRate: number; readonly native: OnlineRecognizerConfig }
  | { readonly task: 'tts'; readonly native: OfflineTtsConfig }
  | { readonly task: 'speaker'; readonly native: SpeakerEmbeddingExtractorConfig }
);
type Found<T extends ModelTask> = Extract<FoundModel, { readonly task: T }>;

/** The setting that names the model's folder. */
export const modelSettings: Readonly<Record<ModelTask, string>> = {
  stt: 'SHERPA_STT_MODEL',
  tts: 'SHERPA_TTS_MODEL',
  speaker: 'SHERPA_SPEAKER_MODEL',
};

export function modelFolder(config: SherpaConfig, task: ModelTask): string {
  const names = { stt: config.sttModel, tts: config.ttsModel, speaker: config.speakerModel };
  return path.resolve(config.modelsDir, names[task]);
}

/**
 * Looks into the model's folder; loads nothing.
 * Rejects with a ParleyError `config_invalid` that names the setting and every file that is missing or wrong.
 */
export async function findModel<T extends ModelTask>(task: T, config: SherpaConfig): Promise<Found<T>> {
  const files = await ModelFiles.of(modelFolder(config, task), config.int8);
  const model = files.problems.length > 0 ? undefined : await finders[task](files, config);
  if (model && files.problems.length === 0) return model as Found<T>;
  throw modelError(task, files.problems.join('; '));
}

export function modelError(task: ModelTask, problem: string, options?: ErrorOptions): ParleyError {
  const advice = '(see docs/local-models.md; `npm run models -- check` checks all)';
  return new ParleyError('config_invalid', `${modelSettings[task]}: ${problem} ${advice}`, false, options);
}

type Finder = (files: ModelFiles, config: SherpaConfig) => Promise<FoundModel | undefined>;
const finders: Readonly<Record<ModelTask, Finder>> = { stt: findStt, tts: findTts, speaker: findSpeaker };

/** What a streaming model says of itself, and one that takes whole recordings does not. */
const STREAMING_KEYS = ['decode_chunk_len', 'chunk_shift', 'frame_length_ms'];

async function findStt(files: ModelFiles, config: SherpaConfig): Promise<FoundModel | undefined> {
  const encoder = files.find('encoder');
  const main = encoder ?? files.findAny();
  if (!main) return missing(files, 'a streaming model: encoder*.onnx, decoder*.onnx and joiner*.onnx, or model*.onnx');
  const metadata = await files.metadata(main);
  await files.requireTokens();
  const decoder = files.find('decoder');
  const joiner = files.find('joiner');
  if (encoder && (!decoder || !joiner)) return missing(files, decoder ? 'joiner*.onnx' : 'decoder*.onnx');
  for (const part of [decoder, joiner]) if (encoder && part) await files.metadata(part);
  if (files.problems.length > 0) return undefined;
  if (!STREAMING_KEYS.some((key) => metadata.has(key))) {
    files.problems.push(`${main} is not a streaming recogniser: ${describe(metadata)}`);
    return undefined;
  }
  const hotwords = encoder ? files.optional('hotwords.txt') : '';
  const kind = encoder ? 'transducer' : 'CTC';
  const modelType = metadata.get('model_type');
  return {
    task: 'stt',
    kind: `streaming ${kind}${modelType ? ` (${modelType})` : ''}${hotwords ? ' with hotwords' : ''}`,
    sampleRate: Number(config.sttRate),
    native: {
      featConfig: { sampleRate: Number(config.sttRate), featureDim: 80 },
      modelConfig: {
        ...(encoder ? { transducer: { encoder, decoder, joiner } } : { [ctcKind(metadata)]: { model: main } }),
        tokens: files.pathOf('tokens.txt'),
        numThreads: config.threads,
        provider: 'cpu',
        ...(hotwords && {
          modelingUnit: files.has('bpe.vocab') ? 'bpe' : 'cjkchar',
          bpeVocab: files.optional('bpe.vocab'),
        }),
      },
      decodingMethod: hotwords ? 'modified_beam_search' : 'greedy_search',
      ...(hotwords && { hotwordsFile: hotwords, hotwordsScore: 1.5 }),
    },
  };
}

function ctcKind(metadata: ReadonlyMap<string, string>): 'zipformer2Ctc' | 'nemoCtc' | 'toneCtc' {
  if (metadata.has('frame_length_ms')) return 'toneCtc';
  return metadata.has('chunk_shift') ? 'nemoCtc' : 'zipformer2Ctc';
}

async function findTts(files: ModelFiles, config: SherpaConfig): Promise<FoundModel | undefined> {
  const model = files.findAny();
  if (!model) return missing(files, 'a model*.onnx (VITS, Piper or Kokoro)');
  const metadata = await files.metadata(model);
  if (metadata.size > 0 && !(metadata.has('sample_rate') && metadata.has('n_speakers'))) {
    files.problems.push(`${model} is not a VITS, Piper or Kokoro synthesiser: ${describe(metadata)}`);
    return undefined;
  }
  await files.requireTokens();
  const isKokoro = metadata.has('style_dim');
  if (isKokoro) await files.requireVoices('voices.bin');
  const lexicon = files.optional('lexicon.txt');
  const needsEspeak =
    isKokoro || metadata.get('has_espeak') === '1' || /piper|coqui/.test(metadata.get('comment') ?? '');
  if (files.has('espeak-ng-data') || (needsEspeak && metadata.get('frontend') !== 'characters'))
    await files.requireEspeakData();
  else if (!lexicon && metadata.size > 0 && metadata.get('frontend') !== 'characters')
    files.problems.push(`${files.folder} has neither espeak-ng-data nor lexicon.txt`);
  const shared = {
    model,
    tokens: files.pathOf('tokens.txt'),
    dataDir: files.optional('espeak-ng-data'),
    lexicon: isKokoro ? kokoroLexicons(files) : lexicon,
  };
  return {
    task: 'tts',
    kind: isKokoro ? 'Kokoro' : `VITS${/piper/.test(metadata.get('comment') ?? '') ? ' (Piper)' : ''}`,
    native: {
      model: {
        ...(isKokoro
          ? {
              kokoro: {
                ...shared,
                voices: files.pathOf('voices.bin'),
                lang: shared.lexicon ? '' : (config.ttsLanguages[0] ?? ''),
              },
            }
          : { vits: shared }),
        numThreads: config.threads,
        provider: 'cpu',
      },
      maxNumSentences: 1,
    },
  };
}

/** Those with several languages bring a lexicon for each. */
function kokoroLexicons(files: ModelFiles): string {
  return ['lexicon-us-en.txt', 'lexicon-zh.txt', 'lexicon.txt']
    .map((name) => files.optional(name))
    .filter(Boolean)
    .join(',');
}

async function findSpeaker(files: ModelFiles, config: SherpaConfig): Promise<FoundModel | undefined> {
  const model = files.findAny();
  if (!model) return missing(files, 'a *.onnx of speaker embeddings');
  const metadata = await files.metadata(model);
  if (metadata.size > 0 && !metadata.has('output_dim'))
    files.problems.push(`${model} makes no speaker embeddings: ${describe(metadata)}`);
  const kind = `speaker embeddings (${metadata.get('framework') ?? 'unknown framework'})`;
  return { task: 'speaker', kind, native: { model, numThreads: config.threads, provider: 'cpu' } };
}

function missing(files: ModelFiles, what: string): undefined {
  files.problems.push(`${files.folder} has no ${what}`);
  return undefined;
}

function describe(metadata: ReadonlyMap<string, string>): string {
  const type = metadata.get('model_type') ?? metadata.get('framework');
  if (type) return `it says that it is "${type.slice(0, 60)}"`;
  return metadata.size > 0 ? `it has ${[...metadata.keys()].slice(0, 6).join(', ')} only` : 'it says nothing of itself';
}
