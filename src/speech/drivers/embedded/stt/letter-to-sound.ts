/**
 * A rough pronunciation in the phones of the acoustic model for a word that is in no dictionary: the longest matching
 * spelling first. It need not be right, only near enough that the recogniser can tell the word from the others.
 */
export function lettersToPhones(word: string): string {
  const letters = word.toLowerCase().replaceAll(/[^a-z]/g, '');
  // A word without a vowel is spelled out, as an abbreviation is.
  if (!/[aeiouy]/.test(letters))
    return (
      letters
        .split('')
        .map((letter) => LETTER_NAMES[letter])
        .join(' ') || 'AH'
    );
  const phones: string[] = [];
  for (let at = 0; at < letters.length;) {
    const rest = letters.slice(at);
    const [pattern, sound, length] = RULES.find(([regex]) => regex.test(rest))!;
    const atStart = at === 0;
    at += length ?? pattern.source.replaceAll(/[^a-z]/g, '').length;
    const phone = rest.startsWith('y') && atStart ? 'Y' : sound;
    // Doubled consonants sound once.
    if (phone && phone !== phones.at(-1)) phones.push(...phone.split(' '));
  }
  return phones.join(' ') || 'AH';
}

/** Spelling at the current place, its phones, and how many letters it takes where the pattern looks further ahead. */
type Rule = readonly [pattern: RegExp, phones: string, length?: number];

const RULES: readonly Rule[] = [
  [/^tion/, 'SH AH N'],
  [/^sion/, 'ZH AH N'],
  [/^ough/, 'AO'],
  [/^augh/, 'AO'],
  [/^eigh/, 'EY'],
  [/^igh/, 'AY'],
  [/^tch/, 'CH'],
  [/^sch/, 'SH'],
  [/^air/, 'EH R'],
  [/^ear/, 'IH R'],
  [/^eer/, 'IH R'],
  [/^our/, 'AO R'],
  [/^ch/, 'CH'],
  [/^sh/, 'SH'],
  [/^th/, 'TH'],
  [/^ph/, 'F'],
  [/^wh/, 'W'],
  [/^ck/, 'K'],
  [/^ng$/, 'NG'],
  [/^qu/, 'K W'],
  [/^kn/, 'N'],
  [/^wr/, 'R'],
  [/^dge/, 'JH'],
  [/^gh/, ''],
  [/^ee/, 'IY'],
  [/^ea/, 'IY'],
  [/^oo/, 'UW'],
  [/^ou/, 'AW'],
  [/^ow/, 'OW'],
  [/^oi/, 'OY'],
  [/^oy/, 'OY'],
  [/^oa/, 'OW'],
  [/^ai/, 'EY'],
  [/^ay/, 'EY'],
  [/^au/, 'AO'],
  [/^aw/, 'AO'],
  [/^ie/, 'IY'],
  [/^ey$/, 'IY'],
  [/^ew/, 'UW'],
  [/^ue$/, 'UW'],
  [/^ar/, 'AA R'],
  [/^er/, 'ER'],
  [/^ir/, 'ER'],
  [/^ur/, 'ER'],
  [/^or/, 'AO R'],
  // A final e is silent and makes the vowel before the last consonant long.
  [/^a[bcdfgklmnpstvz]e$/, 'EY', 1],
  [/^e[bcdfgklmnpstvz]e$/, 'IY', 1],
  [/^i[bcdfgklmnpstvz]e$/, 'AY', 1],
  [/^o[bcdfgklmnpstvz]e$/, 'OW', 1],
  [/^u[bcdfgklmnpstvz]e$/, 'UW', 1],
  [/^e$/, ''],
  [/^o$/, 'OW'],
  [/^y$/, 'IY'],
  [/^a$/, 'AH'],
  [/^i$/, 'IY'],
  [/^c[eiy]/, 'S', 1],
  [/^g[eiy]/, 'JH', 1],
  [/^a/, 'AE'],
  [/^b/, 'B'],
  [/^c/, 'K'],
  [/^d/, 'D'],
  [/^e/, 'EH'],
  [/^f/, 'F'],
  [/^g/, 'G'],
  [/^h/, 'HH'],
  [/^i/, 'IH'],
  [/^j/, 'JH'],
  [/^k/, 'K'],
  [/^l/, 'L'],
  [/^m/, 'M'],
  [/^n/, 'N'],
  [/^o/, 'AA'],
  [/^p/, 'P'],
  [/^q/, 'K'],
  [/^r/, 'R'],
  [/^s/, 'S'],
  [/^t/, 'T'],
  [/^u/, 'AH'],
  [/^v/, 'V'],
  [/^w/, 'W'],
  [/^x/, 'K S'],
  [/^y/, 'IH'],
  [/^z/, 'Z'],
];

const LETTER_NAMES: Readonly<Record<string, string>> = {
  b: 'B IY',
  c: 'S IY',
  d: 'D IY',
  f: 'EH F',
  g: 'JH IY',
  h: 'EY CH',
  j: 'JH EY',
  k: 'K EY',
  l: 'EH L',
  m: 'EH M',
  n: 'EH N',
  p: 'P IY',
  q: 'K Y UW',
  r: 'AA R',
  s: 'EH S',
  t: 'T IY',
  v: 'V IY',
  w: 'D AH B AH L Y UW',
  x: 'EH K S',
  z: 'Z IY',
};
