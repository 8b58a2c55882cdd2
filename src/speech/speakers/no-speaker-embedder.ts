import { ParleyError } from '../../kernel/errors.js';
import { SpeakerEmbedder } from '../speaker-embedder.js';

/** With SPEAKER_ID=off: voices are all alike to it. */
export class NoSpeakerEmbedder extends SpeakerEmbedder {
  readonly dimension = 0;
  readonly model = '';
  readonly problem = undefined;

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override embed(): Promise<Float32Array> {
    return Promise.reject(new ParleyError('unsupported', 'SPEAKER_ID is off'));
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
