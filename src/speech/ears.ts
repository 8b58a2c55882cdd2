import type { SttStream } from './stt-stream.js';

/** Recognisers for one voice that goes on, until `release`: a next utterance may begin before the last is understood. */
export interface Ears {
  readonly stt: SttStream;
  /** Hz of the audio that all of its streams take. */
  readonly sttRate: number;
  /** One more, for as long as `stt` is busy. Rejects with `at_capacity` when none is free, or with the signal's reason. */
  another(signal: AbortSignal): Promise<SttStream>;
  giveBack(another: SttStream): void;
  /** Gives all of them back. Idempotent. */
  release(): void;
}

/** Those that were lent, until they are given back. */
export class LentEars implements Ears {
  private readonly others = new Set<SttStream>();
  private readonly released = new AbortController();

  constructor(
    readonly stt: SttStream,
    readonly sttRate: number,
    private readonly lend: (signal: AbortSignal) => Promise<SttStream>,
  ) {}

  async another(signal: AbortSignal): Promise<SttStream> {
    const stream = await this.lend(AbortSignal.any([signal, this.released.signal]));
    this.others.add(stream);
    if (this.released.signal.aborted) this.giveBack(stream);
    this.released.signal.throwIfAborted();
    return stream;
  }

  giveBack(another: SttStream): void {
    if (this.others.delete(another)) void another.close();
  }

  release(): void {
    this.released.abort(new Error('the session has given back its recognisers'));
    for (const other of this.others) this.giveBack(other);
    void this.stt.close();
  }
}
