import type { SherpaConfig } from '../../../config/sherpa.config.js';
import { SpeakerEmbedder } from '../../speaker-embedder.js';
import { JobPool } from './job-pool.js';
import type { EmbeddingJob } from './messages.js';
import type { ModelProcessesOptions } from './model-processes.js';

/** A model for speaker embeddings (WeSpeaker, 3D-Speaker, NeMo) by sherpa-onnx, in processes of its own. */
export class SherpaSpeakerEmbedder extends SpeakerEmbedder {
  private readonly pool: JobPool<EmbeddingJob, Float32Array>;

  constructor(config: SherpaConfig, options: ModelProcessesOptions) {
    super();
    this.pool = new JobPool('speaker', config, options, 'unsupported');
  }

  override get dimension(): number {
    return this.pool.loaded?.dimension ?? 0;
  }

  override start(signal: AbortSignal): Promise<void> {
    return this.pool.start(signal);
  }

  override embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    return this.pool.run({ pcm }, signal);
  }

  override close(): Promise<void> {
    return this.pool.close();
  }
}
