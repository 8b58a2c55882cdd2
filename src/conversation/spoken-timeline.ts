import type { TtsMark } from '../speech/tts-voice.js';

interface SpokenSentence {
  readonly messageId: string;
  /** As the model wrote it, with the white space behind. */
  readonly text: string;
  /** In the audio of the generation. */
  readonly startMs: number;
  endMs: number;
  /** All audio of the sentence is in. */
  whole: boolean;
  readonly marks: TtsMark[];
}

/** How slowly a voice speaks that has not finished a sentence yet: better a word too few in the history than one too many. */
const SLOW_MS_PER_CHARACTER = 75;

/** Where each sentence of a generation stands in its audio: tells which words were heard when it is cut off. */
export class SpokenTimeline {
  private readonly sentences: SpokenSentence[] = [];

  begin(messageId: string, text: string, startMs: number): void {
    this.sentences.push({ messageId, text, startMs, endMs: startMs, whole: false, marks: [] });
  }

  /** Audio of the sentence begun last. Marks are relative to the sentence. */
  extend(endMs: number, marks: readonly TtsMark[] = []): void {
    const sentence = this.sentences.at(-1);
    if (!sentence) return;
    sentence.endMs = endMs;
    sentence.marks.push(...marks);
  }

  finish(): void {
    const sentence = this.sentences.at(-1);
    if (sentence) sentence.whole = true;
  }

  /** The words that end before `heardMs`, by message. */
  heard(heardMs: number): { text: string; byMessage: ReadonlyMap<string, string> } {
    const byMessage = new Map<string, string>();
    for (const sentence of this.sentences) {
      const text = heardOf(sentence, heardMs, this.pace());
      byMessage.set(sentence.messageId, (byMessage.get(sentence.messageId) ?? '') + text);
    }
    for (const [messageId, text] of byMessage) byMessage.set(messageId, text.trim());
    return { text: [...byMessage.values()].filter(Boolean).join(' '), byMessage };
  }

  /** Of the sentences that are whole, ms per character. */
  private pace(): number {
    const whole = this.sentences.filter((sentence) => sentence.whole);
    const characters = whole.reduce((sum, { text }) => sum + text.trimEnd().length, 0);
    if (characters === 0) return SLOW_MS_PER_CHARACTER;
    return whole.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / characters;
  }
}

function heardOf(sentence: SpokenSentence, heardMs: number, msPerCharacter: number): string {
  const { text, startMs, endMs, whole, marks } = sentence;
  if (heardMs <= startMs) return '';
  if (whole && heardMs >= endMs) return text;
  if (marks.length > 0) {
    const last = marks.findLast((mark) => startMs + mark.endMs <= heardMs);
    return last ? text.slice(0, last.textOffset) : '';
  }
  const lengthMs = whole ? endMs - startMs : Math.max(endMs - startMs, text.trimEnd().length * msPerCharacter);
  const upTo = Math.floor((text.length * (heardMs - startMs)) / lengthMs);
  const wordEnd = text.slice(0, upTo + 1).search(/\s\S*$/);
  return wordEnd < 0 ? '' : text.slice(0, wordEnd);
}
