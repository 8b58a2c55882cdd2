/** Entry point of a recogniser thread: answers one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../../kernel/errors.js';
import type { RecogniserOptions, WorkerMessage, WorkerRequest } from './protocol.js';
import { Recogniser } from './recogniser.js';

const port = parentPort!;
const send = (message: WorkerMessage): void => port.postMessage(message);

const recogniser = await Recogniser.create(workerData as RecogniserOptions);
port.on('message', (request: WorkerRequest) => {
  recogniser.handle(request).then(
    (answer) => send({ kind: 'answer', answer }),
    (error: unknown) => send({ kind: 'failure', message: messageOf(error) }),
  );
});
send({ kind: 'ready', ...(recogniser.incident !== undefined && { incident: recogniser.incident }) });
