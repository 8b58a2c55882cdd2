/** Entry point of a model's process: loads the model, tries it, then does what it is asked. */
import { setPriority } from 'node:os';
import { WORKER_READY } from '../../pool/supervised-worker.js';
import type { FoundModel } from './find-model.js';
import type { LoadRequest, LoadedAnswer } from './messages.js';

/** Below the process with the calls. */
const NICENESS = 5;

const send = (message: object | string): void => void process.send?.(message);

// A terminal sends these to everybody; whoever started us decides when we end, and goes on with calls until then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
setPriority(NICENESS);

process.once('message', ({ load }: LoadRequest) => {
  serve(load).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1));
  });
});

async function serve(model: FoundModel): Promise<void> {
  const { handle, loaded } = await begin(model);
  process.on('message', handle);
  send({ loaded } satisfies LoadedAnswer);
  send(WORKER_READY);
}

async function begin(model: FoundModel) {
  if (model.task === 'stt')
    return (await import('./serve-recogniser.js')).serveRecogniser(model.native, model.sampleRate, send);
  if (model.task === 'tts') return (await import('./serve-synthesiser.js')).serveSynthesiser(model.native, send);
  return (await import('./serve-embedder.js')).serveEmbedder(model.native, send);
}
