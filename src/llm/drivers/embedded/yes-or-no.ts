import { tokenize } from './tokens.js';

export type YesOrNo = 'yes' | 'no' | 'unclear';

const words = (text: string): string[] => text.split(' ');
const phrases = (text: string): string[][] => text.split('|').map(tokenize);
const oneOf = (text: string): string => `(?:${text.split('|').join('|')})`;

const YES = phrases(
  'yes|yeah|yep|yup|sure|correct|right|okay|yes please|yes it is|yes that is right|yes that is correct|yes i do|that is correct|that is right|' +
    'all right|alright|of course|absolutely|exactly|definitely|certainly|go ahead|please do|do it|do that|i do|i did|i am sure|i am|yes i am|yes i did|' +
    'sounds good|that is fine|that is okay|that is good|that is it|it is|i agree|agreed|i confirm|confirmed|by all means|go for it|' +
    'yes i would|yes you can|yes you may|yes i want that|yes i want to',
);
/** Says nothing about it, and takes nothing back. */
const AROUND = phrases(
  'please|thanks|thank you|very much|um|uh|er|erm|ah|well|so|just|indeed|totally|perfectly|very|great|good|perfect|fine|then|now|ahead|' +
    'sir|madam|it|this|that|the|a|my|for me|and|i said|right now|right away|i would like that|i would like you to|i want that|i want you to|' +
    'that is what i want|you can|you may|let us|for good|to|of|with|in|on',
).concat([['i', 'would', 'like', 'to']]);
const LONGEST_FIRST = [
  ...YES.map((phrase) => ({ phrase, isYes: true })),
  ...AROUND.map((phrase) => ({ phrase, isYes: false })),
].sort((a, b) => b.phrase.length - a.phrase.length);

/** Negated, but no refusal of anything: neither a yes nor a no. */
const NO_REFUSAL = new RegExp(
  `\\b(?:${oneOf('not|never')} ${oneOf('(?:quite |so |really |too |entirely |completely |very )?(?:sure|certain)')}` +
    `|no ${oneOf('problem|problems|worries|idea|doubt|hurry|rush|matter|trouble')}|not a problem|why not` +
    `|(?:do|did|does|can|could|would|have) not (?:quite |really )?${oneOf('know|understand|understood|get|got|hear|heard|catch|caught|follow|mind|remember')})\\b`,
  'g',
);
const REFUSAL = /\b(?:no|nope|nah|not|never|nothing|none|nobody|neither|nor|wrong|incorrect|refuse|denied)\b/;
/** What may be refused, and may as well be what was asked about: "stop the payment". */
const TAKEN_BACK = words('cancel stop forget leave');

/** Never harmless, even where the question had it: "is that right" is what was asked, and no answer to it. */
const NEVER_AGREES = new Set(
  words(
    'is are am was were be do does did have has had can could will would shall should may might must what which who whom whose when where why how ' +
      'but or if whether because though although however yet still unless until except instead rather otherwise else other another different ' +
      'wait hold hang later before after maybe perhaps possibly guess suppose think hope actually almost only first let mean again sorry pardon say ' +
      'yes right',
  ),
);

/** Who ends with one of these has not said all. */
const UNFINISHED = new Set(words('and so to of with in on the a my well um uh er erm ah'));

/**
 * Whether what was said is a yes to what was asked. All of it has to be: a yes with words that are neither known to go
 * with one nor of the question is `unclear`, since nobody here knows what they mean. Anything negated is a `no`.
 * @param about words of what was asked, that may come with a yes: "yes, block the card"
 */
export function yesOrNo(tokens: readonly string[], about: ReadonlySet<string> = new Set()): YesOrNo {
  const said = tokens.join(' ');
  const refused = said.replaceAll(NO_REFUSAL, ' ');
  if (REFUSAL.test(refused)) return 'no';
  if (TAKEN_BACK.some((word) => tokens.includes(word) && !about.has(word))) return 'no';
  if (refused !== said || UNFINISHED.has(tokens.at(-1) ?? '')) return 'unclear';
  let agrees = false;
  for (let at = 0; at < tokens.length;) {
    const known = LONGEST_FIRST.find(({ phrase }) => phrase.every((word, index) => tokens[at + index] === word));
    if (!known && (!about.has(tokens[at]!) || NEVER_AGREES.has(tokens[at]!))) return 'unclear';
    agrees ||= known?.isYes ?? false;
    at += known?.phrase.length ?? 1;
  }
  return agrees ? 'yes' : 'unclear';
}
