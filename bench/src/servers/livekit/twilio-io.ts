import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';
import { voice } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import type { WebSocket } from 'ws';
import { decodeMulaw, encodeMulaw } from '../../load/mulaw.ts';

const WIRE_RATE = 8000;
const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const MULAW_SILENCE = 0xff;

/** The caller's audio as the framework wants it: a stream of frames, at the wire's rate. */
export class TwilioInput extends voice.AudioInput {
  private controller: ReadableStreamDefaultController<AudioFrame> | null = null;

  constructor() {
    super();
    this.multiStream.addInputStream(
      new ReadableStream<AudioFrame>({ start: (controller) => void (this.controller = controller) }),
    );
  }

  push(mulaw: Uint8Array): void {
    this.controller?.enqueue(new AudioFrame(decodeMulaw(mulaw), WIRE_RATE, 1, mulaw.length));
  }

  override async close(): Promise<void> {
    this.controller?.close();
    this.controller = null;
    await super.close();
  }
}

/** The framework's audio to the caller: μ-law, one frame every 20 ms by a clock that does not drift. */
export class TwilioOutput extends voice.AudioOutput {
  private readonly socket: WebSocket;
  private readonly head: string;
  private readonly clear: string;
  private readonly queue: Int16Array[] = [];
  private queuedSamples = 0;
  /** Samples of `queue[0]` that have gone already. */
  private offset = 0;
  private startedAt = 0;
  private sentFrames = 0;
  private complete = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(socket: WebSocket, streamSid: string) {
    // Frames arrive at the wire's rate: the framework resamples to what an output asks for.
    super(WIRE_RATE, undefined, { pause: false });
    this.socket = socket;
    this.head = `{"event":"media","streamSid":"${streamSid}","media":{"payload":"`;
    this.clear = `{"event":"clear","streamSid":"${streamSid}"}`;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    this.queue.push(frame.data);
    this.queuedSamples += frame.data.length;
    if (this.timer) return;
    this.complete = false;
    this.startedAt = performance.now();
    this.sentFrames = 0;
    this.onPlaybackStarted(Date.now());
    this.send();
  }

  override flush(): void {
    super.flush();
    this.complete = true;
  }

  clearBuffer(): void {
    if (!this.timer) return;
    this.socket.send(this.clear);
    this.finish(true);
  }

  stop(): void {
    if (this.timer) this.finish(true);
  }

  private send(): void {
    const now = performance.now();
    while (this.dueAt() <= now && (this.queuedSamples >= FRAME_SAMPLES || (this.complete && this.queuedSamples > 0))) {
      this.socket.send(`${this.head}${this.take().toString('base64')}"}}`);
      this.sentFrames++;
    }
    // Everything has been sent, and the last frame has had its time.
    if (this.complete && this.queuedSamples === 0 && now >= this.dueAt()) return this.finish(false);
    this.timer = setTimeout(() => this.send(), Math.max(1, this.dueAt() - now));
  }

  private dueAt(): number {
    return this.startedAt + this.sentFrames * FRAME_MS;
  }

  /** Encodes what goes out now; what an interruption throws away is never encoded. */
  private take(): Buffer {
    const frame = Buffer.alloc(FRAME_SAMPLES, MULAW_SILENCE);
    for (let filled = 0; filled < FRAME_SAMPLES && this.queue.length > 0;) {
      const chunk = this.queue[0]!;
      const samples = Math.min(FRAME_SAMPLES - filled, chunk.length - this.offset);
      frame.set(encodeMulaw(chunk.subarray(this.offset, this.offset + samples)), filled);
      filled += samples;
      this.offset += samples;
      this.queuedSamples -= samples;
      if (this.offset === chunk.length) {
        this.queue.shift();
        this.offset = 0;
      }
    }
    return frame;
  }

  private finish(interrupted: boolean): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.queue.length = 0;
    this.queuedSamples = 0;
    this.offset = 0;
    this.onPlaybackFinished({ playbackPosition: (this.sentFrames * FRAME_MS) / 1000, interrupted });
  }
}
