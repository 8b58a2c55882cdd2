import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeechHints, SttDriver, SttResult, SttStream } from '../../speech/stt-stream.js';
import { RATE } from './speakers.js';

export interface Heard {
  readonly result: SttResult;
  /** From the end of the audio to the result, ms. */
  readonly finalMs: number;
  /** From the first sample to the first partial result, ms; undefined when there was none. */
  readonly firstPartialMs: number | undefined;
}

/** A caller on a stream of their own: the recogniser gets used to the line, as it does in a call. */
export class Caller {
  private constructor(private readonly stream: SttStream) {}

  static async ring(driver: SttDriver): Promise<Caller> {
    return new Caller(await driver.createStream(AbortSignal.timeout(30_000)));
  }

  /** Speaks as fast as the recogniser listens. */
  async say(pcm: Int16Array, hints: SpeechHints): Promise<SttResult> {
    return (await this.speak(pcm, hints, false)).result;
  }

  /** Speaks at the speed of a call, in frames of 20 ms. */
  sayLive(pcm: Int16Array, hints: SpeechHints): Promise<Heard> {
    return this.speak(pcm, hints, true);
  }

  hangUp(): Promise<void> {
    return this.stream.close();
  }

  private async speak(pcm: Int16Array, hints: SpeechHints, live: boolean): Promise<Heard> {
    await this.stream.prepare(hints);
    const startedAt = performance.now();
    let finishedAt = startedAt;
    let firstPartialMs: number | undefined;
    const outcome = new EventTarget();
    const settled = once(outcome, 'settled') as Promise<[CustomEvent<Heard | Error>]>;
    const settle = (detail: Heard | Error): void => void outcome.dispatchEvent(new CustomEvent('settled', { detail }));
    this.stream.start({
      onPartial: () => (firstPartialMs ??= performance.now() - startedAt),
      onFinal: (result) => settle({ result, finalMs: performance.now() - finishedAt, firstPartialMs }),
      onError: settle,
    });
    const frame = RATE / 50;
    for (let at = 0, index = 0; at < pcm.length; at += frame, index++) {
      if (live) await sleep(Math.max(0, startedAt + index * 20 - performance.now()));
      this.stream.write(pcm.subarray(at, at + frame));
    }
    finishedAt = performance.now();
    this.stream.finish();
    const [{ detail }] = await settled;
    if (detail instanceof Error) throw detail;
    return detail;
  }
}
