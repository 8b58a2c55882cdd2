import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.js';
import { SherpaConfig } from '../config/sherpa.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { SystemClock } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { type CheckedModel, checkModel } from '../speech/drivers/sherpa/check-model.js';
import { modelFolder, modelTasks, type ModelTask } from '../speech/drivers/sherpa/find-model.js';

const HELP = `Usage: npm run models -- check [stt] [tts] [speaker]

Checks the local models for the \`sherpa\` drivers: whether the files are there and what they should be, then has a process
of its own load and try each. Without names: those that STT_SERVICE_MODELS and TTS_SERVICE_MODELS list and those whose
folder exists. Exits 0 when all work, 1 when one does not or there is none, 2 when it was called wrongly.

Parley downloads no models. Where they come from, and what goes where (docs/local-models.md says more):

  SHERPA_MODELS_DIR/
    stt/       hears: a STREAMING model of the sherpa-onnx project
               https://github.com/k2-fsa/sherpa-onnx/releases/tag/asr-models, archives sherpa-onnx-streaming-…
               transducer (zipformer, NeMo):  encoder*.onnx  decoder*.onnx  joiner*.onnx  tokens.txt
               CTC (zipformer2, NeMo, T-one): model*.onnx  tokens.txt
               words to prefer, optional:     hotwords.txt (with bpe.vocab where tokens are parts of words)
    tts/       speaks
               https://github.com/k2-fsa/sherpa-onnx/releases/tag/tts-models, archives vits-… and kokoro-…
               Piper:   …*.onnx  tokens.txt  espeak-ng-data/
               VITS:    …*.onnx  tokens.txt  lexicon.txt
               Kokoro:  model*.onnx  voices.bin  tokens.txt  espeak-ng-data/  (lexicon-*.txt where it comes with them)
    speaker/   tells voices apart
               https://github.com/k2-fsa/sherpa-onnx/releases/tag/speaker-recongition-models
               WeSpeaker, 3D-Speaker or NeMo: one *.onnx

Mind each model's licence: some are not for commercial use. Unpack an archive and rename its folder, or name it:

  SHERPA_STT_MODEL=stt        SHERPA_STT_LANGUAGES=en   SHERPA_STT_RATE=16000
  SHERPA_TTS_MODEL=tts        SHERPA_TTS_LANGUAGES=en   SHERPA_TTS_VOICES=anna,ben
  SHERPA_SPEAKER_MODEL=speaker
  SHERPA_INT8=true            of x.onnx and x.int8.onnx, the second
  SHERPA_THREADS=1            of each of the INFERENCE_WORKERS processes
  SHERPA_LOAD_MS=25000        how long a model may take to load

Then STT_SERVICE_MODELS=sherpa,embedded and TTS_SERVICE_MODELS=sherpa,embedded.
`;

/** `npm run models` */
export async function main(args: string[]): Promise<number> {
  const { tasks, help, problem } = read(args);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!tasks) {
    process.stderr.write(`${problem}\n\n${HELP}`);
    return 2;
  }
  return check(tasks);
}

async function check(asked: readonly ModelTask[]): Promise<number> {
  let config: SherpaConfig;
  let tasks: readonly ModelTask[];
  try {
    const { values } = loadConfig(process.env);
    config = values.get(SherpaConfig) as SherpaConfig;
    if (config.modelsDir === '') throw new Error('SHERPA_MODELS_DIR: is not set; `npm run models -- --help` says more');
    tasks = asked.length > 0 ? asked : wanted(config, values.get(SpeechConfig) as SpeechConfig);
    if (tasks.length === 0) throw new Error(`SHERPA_MODELS_DIR: ${config.modelsDir} has no folder ${folders(config)}`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
  let isFine = true;
  for (const task of tasks) {
    try {
      process.stdout.write(`${task.padEnd(8)} ok     ${describe(await checkModel(task, config, new SystemClock()))}\n`);
    } catch (error) {
      isFine = false;
      process.stdout.write(`${task.padEnd(8)} WRONG  ${messageOf(error)}\n`);
    }
  }
  return isFine ? 0 : 1;
}

function wanted(config: SherpaConfig, { stt, tts }: SpeechConfig): readonly ModelTask[] {
  const listed = { stt: stt.includes('sherpa'), tts: tts.includes('sherpa'), speaker: false };
  return modelTasks.filter((task) => listed[task] || existsSync(modelFolder(config, task)));
}

function folders({ sttModel, ttsModel, speakerModel }: SherpaConfig): string {
  return `${sttModel}, ${ttsModel} or ${speakerModel}`;
}

function describe({ kind, sampleRate, speakers, dimension, loadedInMs }: CheckedModel): string {
  const more = [
    `${sampleRate} Hz`,
    ...(speakers === undefined ? [] : [`voices sherpa:0${speakers > 1 ? ` to sherpa:${speakers - 1}` : ''}`]),
    ...(dimension === undefined ? [] : [`${dimension} numbers each`]),
  ];
  return `${kind}, ${more.join(', ')}; loaded and tried in ${(loadedInMs / 1000).toFixed(1)} s`;
}

function read(args: string[]): { tasks?: readonly ModelTask[]; help?: boolean; problem?: string } {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [command, ...names] = positionals;
    if (values.help) return { help: true };
    if (command !== 'check') return { problem: command ? `Unknown: ${command}` : 'What is to be done?' };
    const tasks = modelTasks.filter((task) => names.includes(task));
    const unknown = names.find((name) => !modelTasks.some((task) => task === name));
    return unknown ? { problem: `Unknown model: ${unknown}` } : { tasks };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
