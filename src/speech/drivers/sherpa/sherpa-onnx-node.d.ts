/** The part of sherpa-onnx-node in use; the package brings no types. */
declare module 'sherpa-onnx-node' {
  interface Waveform {
    /** -1 to 1. */
    readonly samples: Float32Array;
    readonly sampleRate: number;
  }

  interface OnlineRecognizerConfig {
    readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
    readonly modelConfig: Readonly<Record<string, unknown>>;
    readonly decodingMethod: 'greedy_search' | 'modified_beam_search';
    readonly hotwordsFile?: string;
    readonly hotwordsScore?: number;
  }

  interface OnlineResult {
    readonly text: string;
    /** Parts of words; one that begins a word begins with a blank. */
    readonly tokens?: readonly string[];
    /** Seconds from the start of the stream, of each token. */
    readonly timestamps?: readonly number[];
    /** Logarithms of probabilities, of each token; empty for some models. */
    readonly ys_probs?: readonly number[];
  }

  class OnlineStream {
    acceptWaveform(waveform: Waveform): void;
    inputFinished(): void;
  }

  class OnlineRecognizer {
    constructor(config: OnlineRecognizerConfig);
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    /** Only streams that are ready. */
    decodeStreams(streams: readonly OnlineStream[]): void;
    getResult(stream: OnlineStream): OnlineResult;
  }

  interface OfflineTtsConfig {
    readonly model: Readonly<Record<string, unknown>>;
    readonly maxNumSentences: number;
  }

  class OfflineTts {
    constructor(config: OfflineTtsConfig);
    readonly numSpeakers: number;
    readonly sampleRate: number;
    /** Unlike `generate`, it rejects when there is nothing to say. */
    generateAsync(request: {
      readonly text: string;
      readonly sid: number;
      readonly speed: number;
      readonly enableExternalBuffer: boolean;
    }): Promise<Waveform>;
  }

  interface SpeakerEmbeddingExtractorConfig {
    readonly model: string;
    readonly numThreads: number;
    readonly provider: string;
  }

  class SpeakerEmbeddingExtractor {
    constructor(config: SpeakerEmbeddingExtractorConfig);
    readonly dim: number;
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    compute(stream: OnlineStream, enableExternalBuffer: boolean): Float32Array;
  }

  const sherpa: {
    readonly OnlineRecognizer: typeof OnlineRecognizer;
    readonly OfflineTts: typeof OfflineTts;
    readonly SpeakerEmbeddingExtractor: typeof SpeakerEmbeddingExtractor;
  };
  export type { OnlineRecognizerConfig, OnlineResult, OfflineTtsConfig, SpeakerEmbeddingExtractorConfig };
  export type { OnlineRecognizer, OnlineStream, OfflineTts, SpeakerEmbeddingExtractor };
  export default sherpa;
}
