/** Nobody says more in one turn; a typed one could be of any length. */
const LONGEST_TURN = 2000;

/** Words and numbers of what a caller said, typed or keyed in, all in one normal form. */
export function tokenize(text: string): string[] {
  const plain = text
    .slice(0, LONGEST_TURN)
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(/[’`]/g, "'")
    .replaceAll(/(\d),(?=\d{3}\b)/g, '$1')
    .replaceAll(/\$\s*(\d+(?:\.\d+)?)/g, '$1 dollars');
  const words =
    plain.match(/\d{4}-\d{2}-\d{2}|\d+\/\d+(?:\/\d+)?|\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|\p{L}+(?:'\p{L}+)*/gu) ?? [];
  return words.flatMap(expand);
}

/** Carry no meaning for what the caller wants. */
const HESITATIONS = new Set('um uh er erm hmm ah well so just please actually really like'.split(' '));

/** May stand around an answer without making it something else. */
const AROUND_ANSWERS = new Set(
  (
    'it is its the my a number digits pin code card ends ending in with are last four that thanks thank you i think believe ' +
    'would be said mean meant say again sorry not to for of and then on'
  ).split(' '),
);

export function isHesitation(token: string): boolean {
  return HESITATIONS.has(token);
}

export function mayStandAroundAnswer(token: string): boolean {
  return HESITATIONS.has(token) || AROUND_ANSWERS.has(token);
}

/** Without leading and trailing hesitations; never empty unless `tokens` is. */
export function trimHesitations(tokens: readonly string[]): string[] {
  let start = 0;
  let end = tokens.length;
  while (end - start > 1 && isHesitation(tokens[start]!)) start += 1;
  while (end - start > 1 && isHesitation(tokens[end - 1]!)) end -= 1;
  return tokens.slice(start, end);
}

const CONTRACTIONS: Readonly<Record<string, string>> = {
  "can't": 'can not',
  cannot: 'can not',
  cant: 'can not',
  dont: 'do not',
  didnt: 'did not',
  "let's": 'let us',
  "shan't": 'shall not',
  "won't": 'will not',
  gonna: 'going to',
  wanna: 'want to',
  ok: 'okay',
  whats: 'what is',
};

const ENDINGS: readonly (readonly [string, string])[] = [
  ["n't", 'not'],
  ["'re", 'are'],
  ["'ve", 'have'],
  ["'ll", 'will'],
  ["'d", 'would'],
  ["'m", 'am'],
  ["'s", 'is'],
];

function expand(word: string): string[] {
  const whole = Object.hasOwn(CONTRACTIONS, word) ? CONTRACTIONS[word] : undefined;
  if (whole) return whole.split(' ');
  const ending = ENDINGS.find(([suffix]) => word.endsWith(suffix) && word.length > suffix.length);
  return ending ? [word.slice(0, -ending[0].length), ending[1]] : [word];
}
