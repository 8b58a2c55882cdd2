/** English, each at its own number: `DIGIT_WORDS[7]` is `seven`. */
export const DIGIT_WORDS: readonly string[] = 'zero one two three four five six seven eight nine'.split(' ');
/** 10 to 19. */
export const TEEN_WORDS: readonly string[] =
  'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
/** 20, 30 … 90. */
export const TENS_WORDS: readonly string[] = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
