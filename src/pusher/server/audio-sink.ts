export interface UploadOptions {
  readonly tenant: string;
  readonly sessionId: string;
  /** Hz. */
  readonly sampleRate: number;
  /** Samples of the legs alternate when there are two: own agent first. */
  readonly channels: 1 | 2;
}

/**
 * The audio of one connection on its way to the archive.
 *
 * The same audio may come more than once: what was not acknowledged before its connection was lost comes again, by another
 * upload and perhaps to another process, from the first sample on that was not, cut into other frames. Whoever plays it
 * goes by its times.
 */
export interface AudioUpload {
  /**
   * Does not wait. Throws `overloaded` when it cannot be taken, nor what follows it: then the link is to be cut, which sends it
   * again, to somebody else. Within a conversation, times grow.
   * @param startMs Unix milliseconds of the first sample @param pcm not changed afterwards
   */
  write(conversationId: string, startMs: number, pcm: Int16Array): void;
  /**
   * Is told when all audio of a conversation up to a time (Unix milliseconds, the exact end of what was written) needs not
   * be sent again: because it is archived, or because it never will be, which whoever gives it up has to record.
   */
  onKept(callback: (conversationId: string, untilMs: number) => void): void;
  /** Resolves when what was written so far is archived, and `onKept` was told; rejects if it cannot be. */
  flush(): Promise<void>;
  /** No more comes; what is not archived may be dropped. Idempotent. */
  close(): void;
}

/** Takes the audio of calls that are listened to. */
export abstract class AudioSink {
  /** If not, links are told to send none. */
  abstract readonly wanted: boolean;
  abstract open(options: UploadOptions): AudioUpload;
}
