import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import { WORKER_READY } from '../../pool/supervised-worker.js';
import type { FoundModel } from './find-model.js';
import type { LoadRequest } from './messages.js';

/** Of what the native code writes while it loads. */
const KEPT_COMPLAINT = 2000;
const SHOWN_COMPLAINT = 400;

/**
 * A process with one model. The native code ends its process (abort, exit, segmentation fault) over a bad model, an
 * unusual input, a lack of memory: that must not be the one with the calls. It also writes what is to be spoken to its
 * standard error, which is therefore thrown away as soon as the model is loaded.
 */
export class ModelProcess extends EventEmitter {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private isReady = false;
  private complaint = '';

  constructor(model: FoundModel) {
    super();
    this.child = fork(fileURLToPath(compiledUrl(import.meta.url, './model-worker.js')), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--expose-gc'],
      // Our credentials are none of its business.
      env: {},
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (!this.isReady) this.complaint = (this.complaint + text).slice(-KEPT_COMPLAINT);
    });
    this.child.on('message', (message) => {
      if (message === WORKER_READY) this.isReady = true;
      this.emit('message', message);
    });
    this.child.on('error', (error) => this.emit('error', error));
    // After everything it has written has been read.
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve();
        this.emit('error', new Error(this.describeEnd(code, signal)));
        this.emit('exit', code);
      });
    });
    this.send({ load: model } satisfies LoadRequest);
  }

  /** As SupervisedWorker wants it: this has everything that it uses of a thread. */
  static spawn(model: FoundModel): Worker {
    return new ModelProcess(model) as unknown as Worker;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  postMessage(message: object): void {
    this.send(message);
  }

  private send(message: object): void {
    // One that has just died is reported by its end.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  async terminate(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.pid !== undefined) await this.exited;
  }

  private describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    const end = signal ? `its process was ended by ${signal}` : `its process ended with exit code ${code}`;
    const complaint = this.complaint
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .join(' ');
    return this.isReady || complaint === '' ? end : `${complaint.slice(-SHOWN_COMPLAINT)} (${end})`;
  }
}
