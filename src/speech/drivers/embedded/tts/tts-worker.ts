import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../../kernel/errors.js';
import { WORKER_READY } from '../../../pool/supervised-worker.js';
import { Flite } from './flite.js';
import { synthesise, type Synthesis, type SynthesisJob } from './synthesis.js';

/** From the worker, one for each job. */
export type TtsAnswer = { readonly result: Synthesis } | { readonly error: string };

function serve(port: NonNullable<typeof parentPort>, module: WebAssembly.Module): void {
  const flite = new Flite(module);
  port.on('message', (job: SynthesisJob) => {
    try {
      const result = synthesise(flite, job);
      port.postMessage({ result } satisfies TtsAnswer, [result.pcm.buffer as ArrayBuffer]);
    } catch (error) {
      port.postMessage({ error: messageOf(error) } satisfies TtsAnswer);
    }
    // While nobody waits.
    setImmediate(() => flite.prepare());
  });
  flite.prepare();
  port.postMessage(WORKER_READY);
}

if (parentPort) serve(parentPort, (workerData as { module: WebAssembly.Module }).module);
