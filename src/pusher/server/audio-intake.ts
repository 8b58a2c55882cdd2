import { ParleyError } from '../../kernel/errors.js';
import { MalformedFrame } from '../link/frames.js';
import type { AudioSink, AudioUpload, UploadOptions } from './audio-sink.js';

/** Links send whole frames, and know a little later what was archived. */
const SLACK_BYTES = 256 * 1024;

interface Written {
  readonly conversationId: string;
  readonly endMs: number;
  readonly bytes: number;
}

/** The audio of one connection: which conversation it belongs to, and how much of it waits to be archived. */
export class AudioIntake {
  private readonly upload: AudioUpload;
  private conversationId = '';
  private unkept: Written[] = [];
  private unkeptBytes = 0;

  constructor(
    sink: AudioSink,
    private readonly options: UploadOptions,
    private readonly windowBytes: number,
    onKept: (conversationId: string, untilMs: number) => void,
  ) {
    this.upload = sink.open(options);
    this.upload.onKept((conversationId, untilMs) => {
      this.forget(conversationId, untilMs);
      onKept(conversationId, untilMs);
    });
  }

  /** @returns whether another one has ended with this. */
  setConversation(conversationId: string): boolean {
    const ended = this.conversationId !== '' && this.conversationId !== conversationId;
    this.conversationId = conversationId;
    return ended;
  }

  /** @param pcm PCM16, whole samples. Throws MalformedFrame without a conversation, and `overloaded` when there is too much. */
  write(startMs: number, pcm: Buffer): void {
    if (this.conversationId === '') throw new MalformedFrame('Audio of no conversation');
    const samples = new Int16Array(pcm.length / 2);
    Buffer.from(samples.buffer).set(pcm);
    const { sampleRate, channels } = this.options;
    const endMs = startMs + (samples.length / channels / sampleRate) * 1000;
    this.unkept.push({ conversationId: this.conversationId, endMs, bytes: pcm.length });
    this.unkeptBytes += pcm.length;
    this.upload.write(this.conversationId, startMs, samples);
    if (this.unkeptBytes > this.windowBytes + SLACK_BYTES)
      throw new ParleyError('overloaded', 'more audio than was agreed', true);
  }

  flush(): Promise<void> {
    return this.upload.flush();
  }

  close(): void {
    this.upload.close();
  }

  private forget(conversationId: string, untilMs: number): void {
    this.unkept = this.unkept.filter((written) => written.conversationId !== conversationId || written.endMs > untilMs);
    this.unkeptBytes = this.unkept.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
