const DIGIT_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/**
 * The words of a text as the pronouncing dictionary spells them: lower case, without accents and punctuation (except
 * the apostrophe within a word), digits one by one. Empty when there is nothing to say.
 */
export function normaliseWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[‘’]/g, "'")
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/[0-9]/g, (digit) => ` ${DIGIT_WORDS[Number(digit)]} `)
    .replaceAll(/[^a-z']+/g, ' ')
    .split(' ')
    .map((word) => word.replaceAll(/^'+|'+$/g, ''))
    .filter((word) => word.length > 0);
}
