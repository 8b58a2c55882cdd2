/** What was understood of one voice, for good. Milliseconds on the session's clock. */
export interface Utterance {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** As `SpeakerLabels` counts. */
  readonly speakerId: number;
  /** Said by our side. */
  readonly isUser: boolean;
  readonly personId: string | null;
  /** Name of the recogniser. */
  readonly provider: string;
}

/** By time; whatever came in whichever order, the order is the same. */
export function inOrder(one: Utterance, other: Utterance): number {
  return (
    one.startMs - other.startMs ||
    one.endMs - other.endMs ||
    one.speakerId - other.speakerId ||
    compare(one.provider, other.provider) ||
    compare(one.text, other.text)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
