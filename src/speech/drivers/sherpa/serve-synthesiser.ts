import sherpa, { type OfflineTtsConfig } from 'sherpa-onnx-node';
import type { JobAnswer, LoadedModel, SynthesisJob, SynthesisResult } from './messages.js';
import { answering } from './serve-jobs.js';

/** In the alphabets of most languages there is something in it that can be said. */
const TRIAL = 'Hello. Привет. 你好.';

export async function serveSynthesiser(
  config: OfflineTtsConfig,
  send: (answer: JobAnswer<SynthesisResult>) => void,
): Promise<{ readonly handle: (job: SynthesisJob) => void; readonly loaded: LoadedModel }> {
  const tts = new sherpa.OfflineTts(config);
  const speak = async ({ text, speaker, rate }: SynthesisJob): Promise<SynthesisResult> => {
    const request = { text, sid: speaker, speed: rate, enableExternalBuffer: false };
    const { samples, sampleRate } = await tts.generateAsync(request);
    return { pcm: toPcm(samples), sampleRate };
  };
  await speak({ text: TRIAL, speaker: 0, rate: 1 });
  // Models with one speaker say 0 or 1.
  return {
    handle: answering(speak, send),
    loaded: { sampleRate: tts.sampleRate, speakers: Math.max(1, tts.numSpeakers) },
  };
}

function toPcm(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767))));
}
