import type { WebSocket } from 'ws';
import { type AudioDecoder, bytesPerSample, createDecoder } from '../audio/codec.js';
import { CloseCode } from '../kernel/close-codes.js';
import { closeCodes } from '../conversation/session-end.js';
import type { VoicePipeline } from '../conversation/voice-pipeline.js';
import { type AudioMeter, unmeasured } from './audio-meter.js';
import { parseClientMessage } from './client-messages.js';
import { DEAR_MESSAGE, type MessagePace, tooManyMessages, unpaced } from './message-pace.js';
import type { NativeTransport } from './native-transport.js';
import type { VoiceParameters } from './voice-parameters.js';

/** After this many bad messages in a row the client is taken for broken. */
const MAX_BAD_MESSAGES = 50;
/** What a client may send while its session is built; about 2 s of audio. */
const MAX_EARLY_MESSAGES = 100;

/** Takes the client's frames apart and hands them to the session; those that come before it is built wait for it. */
export class NativeSession {
  private readonly decoder: AudioDecoder;
  private readonly bytesPerMs: number;
  private early: [data: Buffer, isBinary: boolean][] = [];
  private pipeline: VoicePipeline | undefined;
  private bad = 0;
  private over = false;

  /** Listens from now on: make it before the first await, or early audio is lost. */
  constructor(
    socket: WebSocket,
    private readonly transport: NativeTransport,
    parameters: VoiceParameters,
    private readonly meter: Pick<AudioMeter, 'take'> = unmeasured,
    private readonly pace: Pick<MessagePace, 'take'> = unpaced,
  ) {
    this.decoder = createDecoder(parameters.encoding);
    this.bytesPerMs = (parameters.sampleRate * bytesPerSample[parameters.encoding]) / 1000;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.pipeline) this.receive(this.pipeline, data, isBinary);
      else if (this.early.push([data, isBinary]) > MAX_EARLY_MESSAGES) this.dropEarliest();
    });
  }

  /** The session is built: it gets what has come so far, and everything from now on. */
  bind(pipeline: VoicePipeline): void {
    this.pipeline = pipeline;
    for (const [data, isBinary] of this.early) this.receive(pipeline, data, isBinary);
    this.early = [];
  }

  /** The tenant has no audio left. */
  endForBudget(): void {
    if (this.pipeline) void this.pipeline.close('budget');
    else this.transport.close(closeCodes.budget, 'budget');
  }

  /** Audio first: what the client asks for is not dropped for what it says. */
  private dropEarliest(): void {
    const audio = this.early.findIndex(([, isBinary]) => isBinary);
    this.early.splice(Math.max(0, audio), 1);
  }

  private receive(pipeline: VoicePipeline, data: Buffer, isBinary: boolean): void {
    if (this.over) return;
    if (!isBinary) return this.onText(pipeline, data.toString('utf8'));
    if (this.meter.take(data.length / this.bytesPerMs)) pipeline.pushAudio(this.decoder.decode(data));
  }

  private isInPace(pipeline: VoicePipeline, message: ReturnType<typeof parseClientMessage>): boolean {
    // Whoever wants to go may always go.
    if ('type' in message && message.type === 'end') return true;
    const verdict = this.pace.take('type' in message && message.type === 'user_message' ? DEAR_MESSAGE : 1);
    if (verdict === 'tell') this.transport.send(tooManyMessages);
    if (verdict === 'close') {
      this.over = true;
      this.transport.close(CloseCode.Policy, tooManyMessages.code);
      void pipeline.close('protocol');
    }
    return verdict === 'take';
  }

  private onText(pipeline: VoicePipeline, text: string): void {
    const message = parseClientMessage(text);
    if (!this.isInPace(pipeline, message)) return;
    if ('problem' in message) {
      this.transport.send({ type: 'error', ...message.problem, retryable: false });
      if (++this.bad >= MAX_BAD_MESSAGES) void pipeline.close('protocol');
      return;
    }
    this.bad = 0;
    switch (message.type) {
      case 'user_message':
        return pipeline.pushText(message.text);
      case 'interrupt':
        return pipeline.interrupt();
      case 'dtmf':
        return pipeline.pushDtmf(message.digit);
      case 'playback':
        return pipeline.reportPlayback(message.generation_id, message.played_ms);
      case 'pause':
        return pipeline.pause();
      case 'resume':
        return pipeline.resume();
      case 'ping':
        return this.transport.send({ type: 'pong' });
      case 'end':
        return void pipeline.close('completed');
    }
  }
}
