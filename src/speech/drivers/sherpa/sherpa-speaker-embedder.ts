import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { SherpaConfig } from '../../../config/sherpa.config.js';
import { SpeakerEmbedder } from '../../speaker-embedder.js';
import { findModel } from './find-model.js';
import { JobPool } from './job-pool.js';
import type { EmbeddingJob } from './messages.js';
import type { ModelProcessesOptions } from './model-processes.js';

/** A model for speaker embeddings (WeSpeaker, 3D-Speaker, NeMo) by sherpa-onnx, in processes of its own. */
export class SherpaSpeakerEmbedder extends SpeakerEmbedder {
  readonly problem = undefined;
  private readonly pool: JobPool<EmbeddingJob, Float32Array>;
  private name = '';

  constructor(
    private readonly config: SherpaConfig,
    options: ModelProcessesOptions,
  ) {
    super();
    this.pool = new JobPool('speaker', config, options, 'unsupported');
  }

  override get dimension(): number {
    return this.pool.loaded?.dimension ?? 0;
  }

  override get model(): string {
    return this.name;
  }

  override async start(signal: AbortSignal): Promise<void> {
    const { native } = await findModel('speaker', this.config);
    await this.pool.start(signal);
    // Files of different models have the same name.
    const hash = createHash('sha256');
    await pipeline(createReadStream(native.model), hash, { signal });
    this.name = `sherpa:${hash.digest('hex').slice(0, 16)}`;
  }

  override embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    return this.pool.run({ pcm }, signal);
  }

  override close(): Promise<void> {
    return this.pool.close();
  }
}
