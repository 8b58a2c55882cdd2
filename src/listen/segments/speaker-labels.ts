import type { Identity } from './live-transcript.js';

/** What is known of whom a leg belongs to: nothing, where several share it. */
export interface LegOwner {
  readonly speakerId: number;
  readonly isUser: boolean;
}

/** The label of a leg whose recogniser does not tell voices apart. */
const UNDIVIDED = 0;
/** Beyond it, a client that names people without end is not followed. */
const MOST_IDENTITIES = 1000;

/**
 * The speakers of one conversation, by number. A recogniser's own labels mean something within one connection to it only:
 * the same label of another one is another speaker, until somebody says who it is.
 */
export class SpeakerLabels {
  private readonly known = new Map<string, number>();
  private readonly identities = new Map<number, Identity>();

  /** @param next the first number that is free */
  constructor(private next = UNDIVIDED + 1) {}

  /** @param voice as the recogniser numbers it, if it does @param epoch of its connection */
  labelOf(owner: LegOwner | undefined, epoch: number, voice: number | undefined): LegOwner {
    const speakerId = owner ? owner.speakerId : voice === undefined ? UNDIVIDED : this.numberOf(`${epoch} ${voice}`);
    return { speakerId, isUser: this.identities.get(speakerId)?.isUser ?? owner?.isUser ?? false };
  }

  /** Who this speaker is from now on. */
  identify(speakerId: number, identity: Identity): void {
    if (this.identities.size < MOST_IDENTITIES || this.identities.has(speakerId))
      this.identities.set(speakerId, identity);
  }

  personOf(speakerId: number): string | null {
    return this.identities.get(speakerId)?.personId ?? null;
  }

  private numberOf(label: string): number {
    let number = this.known.get(label);
    if (number === undefined) this.known.set(label, (number = this.next++));
    return number;
  }
}
