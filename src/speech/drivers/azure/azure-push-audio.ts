import { AudioInputStream, AudioStreamFormat, type PushAudioInputStream } from 'microsoft-cognitiveservices-speech-sdk';

/** A frame of ours. The SDK itself would hold audio back until it has 100 ms. */
const FRAME_MS = 20;

/**
 * The SDK's stream of audio to recognise. Its queue is replaced for each utterance by one that passes frames of 20 ms on:
 * so that a recogniser and its connection serve many utterances, none of which hears the rest of the one before. Both
 * need a private field of the SDK; where it is missing, `renew` says so, and a recogniser serves for one utterance.
 */
export class AzurePushAudio {
  readonly stream: PushAudioInputStream;
  private readonly frameBytes: number;
  private used = false;

  constructor(sampleRate: number) {
    this.frameBytes = (sampleRate * 2 * FRAME_MS) / 1000;
    this.stream = AudioInputStream.createPushStream(AudioStreamFormat.getWaveFormatPCM(sampleRate, 16, 1));
  }

  /** To be called before each utterance. False: this stream has had its only one. */
  renew(): boolean {
    const isFirst = !this.used;
    this.used = true;
    const internals = this.stream as unknown as { privStream?: object };
    const queue = internals.privStream;
    if (!isChunkedQueue(queue)) return isFirst;
    const Queue = queue.constructor as new (frameBytes: number) => object;
    internals.privStream = new Queue(this.frameBytes);
    return true;
  }

  write(pcm: Int16Array): void {
    const copy = new Uint8Array(pcm.byteLength);
    copy.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    this.stream.write(copy.buffer);
  }

  /** The utterance is over; what was written is still sent. */
  end(): void {
    this.stream.close();
  }
}

function isChunkedQueue(queue: object | undefined): queue is object {
  return (
    queue !== undefined && 'privTargetChunkSize' in queue && 'writeStreamChunk' in queue && queue.constructor !== Object
  );
}
