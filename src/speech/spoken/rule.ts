/** How one kind of written token is said. The first rule of the list whose pattern matches and that has words wins. */
export interface SpokenRule {
  /** Sticky; with bounded repetition only, because the text may come from anywhere. */
  readonly pattern: RegExp;
  /** The words, of ASCII letters, apostrophes, hyphens, blanks and commas; undefined to let the next rule try. */
  readonly speak: (match: RegExpExecArray, context: SpokenContext) => string | undefined;
  /** The token's own full stop ends the sentence as well if one could end there ("at 5 p.m."). */
  readonly mayEndSentence?: boolean;
}

export interface SpokenContext {
  /** The last characters before the token. */
  readonly before: string;
  /** The first characters behind it. */
  readonly after: string;
  /** 3/4 is the third of April, not March fourth. */
  readonly dayFirst: boolean;
}

/** A whole number with or without thousands separators, for use inside a pattern. */
export const WHOLE = String.raw`(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})`;
/** The same with decimals. */
export const NUMBER = String.raw`${WHOLE}(?:\.\d{1,10})?`;
/** The token ends here: no letter or digit follows. */
export const END = String.raw`(?![\p{L}\p{N}])`;

export function sticky(source: string, flags = ''): RegExp {
  return new RegExp(source, `uy${flags}`);
}
