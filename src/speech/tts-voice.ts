/** Text to speech. */
export abstract class TtsDriver {
  abstract readonly name: string;
  /** Primary subtags of the languages it speaks, such as `en`. */
  abstract readonly languages: readonly string[];
  /** Undefined when it takes any name. */
  abstract readonly voices: readonly string[] | undefined;
  /** The voice for requests whose own is not one of its voices. Without one, they are asked of it as they are. */
  readonly defaultVoice?: string;
  abstract start(signal: AbortSignal): Promise<void>;
  /** Builds one synthesiser (a connection, a worker's slot); it speaks one text at a time. */
  abstract createVoice(signal: AbortSignal): Promise<TtsVoice>;
  abstract close(): Promise<void>;

  /** Whether a voice of this name may be one of its own. */
  hasVoice(name: string): boolean {
    return this.voices?.includes(name) ?? true;
  }
}

export interface TtsVoice {
  /**
   * Speaks `request.text`, which is plain text as a person would read it aloud. Yields audio as soon as there is any.
   * Throws the signal's reason when aborted, a ParleyError `tts_failed` otherwise. Leading silence is at most 30 ms.
   */
  synthesize(request: TtsRequest, signal: AbortSignal): AsyncIterable<TtsChunk>;
  close(): Promise<void>;
}

export interface TtsRequest {
  readonly text: string;
  /** One of the driver's `voices`; an unknown one is an error. */
  readonly voice: string;
  /** The voice for each driver that is to speak with another one, by the driver's name. */
  readonly voices?: Readonly<Record<string, string>>;
  /** BCP 47, such as `en-US`; any driver will do where it is not given. */
  readonly language?: string;
  /** 1 is the voice's own tempo; 0.5 to 2. */
  readonly rate: number;
  /** Semitones up or down; -12 to 12. */
  readonly pitch: number;
  /** A fixed phrase that will be spoken again (greetings, reprompts): worth caching. */
  readonly cacheable: boolean;
  /** Clock time by which somebody who waits is to hear of it: what is left until then is shared by those who can be asked. */
  readonly audibleBy?: number;
}

export interface TtsChunk {
  readonly pcm: Int16Array;
  /** Hz; the same for all chunks of a request. */
  readonly sampleRate: number;
  /** Where words of the request's text end in the audio of the whole request, where the driver knows. */
  readonly marks?: readonly TtsMark[];
  /** Made before: says nothing about whether the synthesiser works now. */
  readonly isKept?: true;
}

export interface TtsMark {
  /** Offset in the request's text just behind the word, in UTF-16 units. */
  readonly textOffset: number;
  readonly endMs: number;
}
