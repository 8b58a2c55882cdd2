import type { SttListener, SttResult, SttStream } from '../stt-stream.js';

/** Samples that tell where they belong: each is one more than the one before, from `first` on. */
export function ramp(durationMs: number, sampleRate: number, first: number): Int16Array {
  return Int16Array.from({ length: (durationMs * sampleRate) / 1000 }, (_, index) => (first + index) % 32_000);
}

/** One utterance of a caller: what came of it. */
export class Utterance implements SttListener {
  readonly partials: [string, boolean][] = [];
  final: SttResult | undefined;
  error: Error | undefined;
  /** How often it came to an end: once, if all is well. */
  ends = 0;
  private tell: () => void = () => undefined;
  readonly end = new Promise<void>((resolve) => (this.tell = resolve));

  /** Writes it in frames of 20 ms, ends it, and waits for what comes of it. */
  static async say(stream: SttStream, pcm: Int16Array, sampleRate: number): Promise<Utterance> {
    const utterance = new Utterance();
    stream.start(utterance);
    for (let at = 0; at < pcm.length; at += sampleRate / 50) {
      stream.write(pcm.slice(at, at + sampleRate / 50));
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.finish();
    await utterance.end;
    return utterance;
  }

  onPartial(text: string, stable: boolean): void {
    this.partials.push([text, stable]);
  }

  onFinal(result: SttResult): void {
    this.final = result;
    this.ends++;
    this.tell();
  }

  onError(error: Error): void {
    this.error = error;
    this.ends++;
    this.tell();
  }
}
