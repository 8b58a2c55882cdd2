const MAX_SENTENCE_CHARS = 300;
/** At the end of what looks like a sentence: an abbreviation, an initial, `e.g.`, or the number of a list item. */
const NOT_AN_END =
  /(?:(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Sgt|Capt|Lt|Col|Gen|No|Nos|vs|approx|dept|est|ext|fig|Inc|Ltd|Co|Corp|Ave|Blvd|Rd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|etc)|(?:^|[\s(.])[A-Za-z]|(?:^|\n)\s*\d{1,2})\.\s*$/;
const ENDS_INSIDE_URL = /(?:https?:\/\/|www\.)\S*$/;
const CLAUSE_MARK = /[,;:–—](?=\s)/g;
const MIN_WORDS_CHARS = 8;

/**
 * Cuts a stream of text into sentences to speak. A sentence leaves only when the next one has begun (or at `end`), so
 * that "3." is not spoken before ".5" has come. The first piece of a message may leave earlier, at a clause mark.
 */
export class SentenceSplitter {
  private readonly segmenter: Intl.Segmenter;
  private buffer = '';
  private first = true;

  constructor(
    language: string,
    private readonly firstClauseMinChars: number,
  ) {
    this.segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  }

  /** Whether the first piece has not left yet though there is text for it. */
  get firstPending(): boolean {
    return this.first && this.buffer.trim() !== '';
  }

  /** Adds text; returns the sentences that are complete by it, in order, with the white space behind them. */
  push(text: string): string[] {
    this.buffer += text;
    const sentences = this.takeSentences();
    if (this.first && sentences.length === 0) {
      const clause = this.takeAt(this.clauseEnd());
      if (clause) sentences.push(clause);
    }
    if (this.buffer.length > MAX_SENTENCE_CHARS) sentences.push(...this.takeLong());
    if (sentences.length > 0) this.first = false;
    return sentences;
  }

  /** The first words without a clause mark, when waiting for one has taken too long. */
  flushFirst(): string[] {
    if (!this.firstPending) return [];
    const words = this.takeAt(lastWordEnd(this.buffer, this.buffer.length));
    if (!words) return [];
    this.first = false;
    return [words];
  }

  /** What is left. */
  end(): string[] {
    const sentences = this.takeSentences();
    const rest = this.buffer;
    this.buffer = '';
    this.first = true;
    return rest.trim() === '' ? sentences : [...sentences, rest];
  }

  private takeSentences(): string[] {
    const sentences: string[] = [];
    let pending = '';
    const segments = [...this.segmenter.segment(this.buffer)];
    for (const [index, { segment }] of segments.entries()) {
      pending += segment;
      const last = index === segments.length - 1;
      if (last || !isEnd(pending) || pending.trim() === '') continue;
      sentences.push(pending);
      pending = '';
    }
    this.buffer = pending;
    return sentences;
  }

  private clauseEnd(): number {
    CLAUSE_MARK.lastIndex = this.firstClauseMinChars - 1;
    const match = this.buffer.length > this.firstClauseMinChars ? CLAUSE_MARK.exec(this.buffer) : null;
    if (!match) return 0;
    const end = match.index + 1;
    return /\S/.test(this.buffer.slice(end)) && !splitsDigits(this.buffer, end) ? end : 0;
  }

  /** A text without an end is cut where it hurts least. */
  private takeLong(): string[] {
    const marks = [...this.buffer.slice(0, MAX_SENTENCE_CHARS).matchAll(CLAUSE_MARK)].map((match) => match.index + 1);
    const piece = this.takeAt(marks.at(-1) ?? lastWordEnd(this.buffer, MAX_SENTENCE_CHARS));
    return piece ? [piece] : [];
  }

  private takeAt(end: number): string | undefined {
    if (end <= 0 || this.buffer.slice(0, end).trim() === '') return undefined;
    const piece = this.buffer.slice(0, end) + (/^\s+/.exec(this.buffer.slice(end))?.[0] ?? '');
    this.buffer = this.buffer.slice(piece.length);
    return piece;
  }
}

function isEnd(text: string): boolean {
  return !NOT_AN_END.test(text) && !(ENDS_INSIDE_URL.test(text) && !/\s$/.test(text));
}

/** The end of the last whole word before `limit` that does not cut a group of digits; 0 if there is none. */
function lastWordEnd(text: string, limit: number): number {
  for (let end = text.lastIndexOf(' ', limit - 1); end >= MIN_WORDS_CHARS; end = text.lastIndexOf(' ', end - 1)) {
    if (!splitsDigits(text, end)) return end;
  }
  return 0;
}

function splitsDigits(text: string, at: number): boolean {
  return /\d[,.]?$/.test(text.slice(0, at)) && /^\s*\d/.test(text.slice(at));
}
