import type { SttDriver } from './stt-stream.js';
import type { TtsDriver } from './tts-voice.js';

/** The recognisers of the configuration, in order; injected as a whole. */
export class SttDrivers {
  readonly inOrder: readonly SttDriver[];

  constructor(...inOrder: readonly SttDriver[]) {
    this.inOrder = inOrder;
  }

  /** Primary subtags that at least one understands. */
  get languages(): readonly string[] {
    return union(this.inOrder);
  }
}

/** The synthesisers of the configuration, in order; injected as a whole. */
export class TtsDrivers {
  readonly inOrder: readonly TtsDriver[];

  constructor(...inOrder: readonly TtsDriver[]) {
    this.inOrder = inOrder;
  }

  /** Primary subtags that at least one speaks. */
  get languages(): readonly string[] {
    return union(this.inOrder);
  }

  /** Of the first, which agents' voices are for; undefined when it takes any name. */
  get voices(): readonly string[] | undefined {
    return this.inOrder[0]?.voices;
  }
}

function union(drivers: readonly { readonly languages: readonly string[] }[]): readonly string[] {
  return [...new Set(drivers.flatMap((driver) => driver.languages))];
}
