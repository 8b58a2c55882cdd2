import { messageOf } from '../../kernel/errors.js';
import type { CallTransport } from '../call-transport.js';
import type { SessionEvent } from '../session-events.js';
import type { CallRecorder } from './call-recorder.js';

/** A call's transport that lets a recorder hear what goes through it. A recorder that fails is not asked again. */
export class RecordedCall implements CallTransport {
  readonly transfer?: (target: string, reason: string) => Promise<void>;
  /** What is said is none of the recording's business. */
  paused = false;
  private recorder: CallRecorder | undefined;

  constructor(
    private readonly transport: CallTransport,
    recorder: CallRecorder,
    private readonly onError: (message: string) => void,
  ) {
    this.recorder = recorder;
    if (transport.transfer) this.transfer = transport.transfer.bind(transport);
  }

  get encoding() {
    return this.transport.encoding;
  }

  get inputRate(): number {
    return this.transport.inputRate;
  }

  get outputRate(): number {
    return this.transport.outputRate;
  }

  get backlogMs(): number {
    return this.transport.backlogMs;
  }

  send(event: SessionEvent): void {
    this.transport.send(event);
    if (event.type === 'audio_clear') this.record((recorder) => recorder.agentCleared());
  }

  sendAudio(pcm: Int16Array): void {
    this.transport.sendAudio(pcm);
    if (!this.paused) this.record((recorder) => recorder.agent(pcm));
  }

  close(...end: Parameters<CallTransport['close']>): void {
    this.transport.close(...end);
    this.record((recorder) => recorder.close());
  }

  /** Audio of the caller, at the input rate. Copied. */
  heard(pcm: Int16Array): void {
    this.record((recorder) => recorder.caller(pcm));
  }

  private record(work: (recorder: CallRecorder) => void): void {
    if (!this.recorder) return;
    try {
      work(this.recorder);
    } catch (error) {
      this.recorder = undefined;
      this.onError(`The recording has broken off: ${messageOf(error)}`);
    }
  }
}
