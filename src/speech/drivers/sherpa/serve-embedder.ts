import sherpa, { type SpeakerEmbeddingExtractorConfig } from 'sherpa-onnx-node';
import type { EmbeddingJob, JobAnswer, LoadedModel } from './messages.js';
import { NativeGarbage } from './native-garbage.js';
import { answering } from './serve-jobs.js';
import { toFloats } from './serve-recogniser.js';

const SAMPLE_RATE = 16_000;

export function serveEmbedder(
  config: SpeakerEmbeddingExtractorConfig,
  send: (answer: JobAnswer<Float32Array>) => void,
): { readonly handle: (job: EmbeddingJob) => void; readonly loaded: LoadedModel } {
  const extractor = new sherpa.SpeakerEmbeddingExtractor(config);
  const garbage = new NativeGarbage();
  const embed = ({ pcm }: EmbeddingJob): Float32Array => {
    const stream = extractor.createStream();
    stream.acceptWaveform({ samples: toFloats(pcm), sampleRate: SAMPLE_RATE });
    stream.inputFinished();
    garbage.drop();
    if (!extractor.isReady(stream)) throw new Error('there is too little audio');
    return extractor.compute(stream, false);
  };
  embed({ pcm: Int16Array.from({ length: SAMPLE_RATE }, (_, i) => 3000 * Math.sin(i * i)) });
  return { handle: answering(embed, send), loaded: { sampleRate: SAMPLE_RATE, dimension: extractor.dim } };
}
