import { OWN_PERSON, isOwnVoice, keptAs } from '../../services/people/own-voice.js';
import { type VoicePrint, voiceOf } from '../../services/people/voice-print.js';
import { cosineDistance } from '../../speech/speakers/cosine.js';

export interface KnownVoice {
  readonly personId: string;
  readonly name: string;
  /** Of the one whose session it is. */
  readonly isUser: boolean;
  /** Cosine distance. */
  readonly distance: number;
}

export interface MatchRules {
  /** Cosine distance that is too far. */
  readonly threshold: number;
  /** By how much the next one must be farther. */
  readonly margin: number;
}

interface Voice extends Omit<KnownVoice, 'distance'> {
  readonly model: string;
  readonly embedding: Float32Array;
}

/** Whom one session may know by voice. */
export class KnownVoices {
  private readonly voices: readonly Voice[];

  /** @param subject whose session it is: of the voices that people have taught of themselves only that one counts */
  constructor(
    prints: readonly VoicePrint[],
    subject: string,
    private readonly rules: MatchRules,
  ) {
    const own = keptAs(OWN_PERSON, subject);
    this.voices = prints
      .filter(({ personId }) => personId === own || !isOwnVoice(personId))
      .map((print) => ({
        personId: print.personId === own ? OWN_PERSON : print.personId,
        name: print.name,
        isUser: print.personId === own,
        model: print.model,
        embedding: voiceOf(print),
      }));
  }

  get size(): number {
    return this.voices.length;
  }

  /**
   * Whose voice that is, if it is surely one's. One's own voice comes first: it is what is to be expected, and may be as
   * close to somebody else's. What another model has made is like nobody's.
   * @param mayBeOwn whether the one whose session it is may be heard there
   */
  whose(embedding: Float32Array, model: string, mayBeOwn: boolean): KnownVoice | undefined {
    const [best, next] = this.voices
      .filter((voice) => voice.model === model && (mayBeOwn || !voice.isUser))
      .map((voice) => ({ voice, distance: cosineDistance(voice.embedding, embedding) }))
      .sort((a, b) => a.distance - b.distance);
    const { threshold, margin } = this.rules;
    if (!best || best.distance >= threshold) return undefined;
    if (next && !best.voice.isUser && next.distance - best.distance < margin) return undefined;
    const { personId, name, isUser } = best.voice;
    return { personId, name, isUser, distance: best.distance };
  }
}
