import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ParleyError, messageOf } from '../../../kernel/errors.js';
import type { VadRate } from '../../voice-activity.js';

/**
 * Silero VAD v6. It takes windows of exactly these lengths, each preceded by the last samples of the one before. Other
 * lengths, or a window without its context, are accepted without complaint and give worse results.
 */
export const windowShape: Readonly<Record<VadRate, { readonly samples: number; readonly context: number }>> = {
  8000: { samples: 256, context: 32 },
  16000: { samples: 512, context: 64 },
};

/** Of either shape. */
export const WINDOW_MS = 32;
/** Floats of recurrent state that a stream carries from window to window: two layers. */
export const STATE_LAYERS = 2;
export const STATE_WIDTH = 128;

const MODEL_FILE = new URL('./silero_vad_v6.onnx', import.meta.url);
const MODEL_BYTES = 2_327_524;
const MODEL_SHA256 = '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3';

/**
 * Reads the model and makes sure that it is the one meant: the native runtime may take the process down over another.
 * @throws ParleyError `build_failed`
 */
export async function readSileroModel(file: URL = MODEL_FILE): Promise<Uint8Array> {
  const path = fileURLToPath(file);
  let model: Buffer;
  try {
    model = await readFile(path);
  } catch (error) {
    throw new ParleyError('build_failed', `the VAD model cannot be read: ${messageOf(error)}`, false, { cause: error });
  }
  const sha256 = createHash('sha256').update(model).digest('hex');
  if (model.byteLength !== MODEL_BYTES || sha256 !== MODEL_SHA256) {
    throw new ParleyError(
      'build_failed',
      `${path} is not the VAD model of this release: ${model.byteLength} bytes, sha256 ${sha256}`,
    );
  }
  return model;
}
