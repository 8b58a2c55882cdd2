import { DIGIT_WORDS, TEEN_WORDS, TENS_WORDS } from '../../../../kernel/number-words.js';
import type { SpeechSlot } from '../../../stt-stream.js';
import { type Expression, oneOf, optional, sequence, weighted, words } from './automaton.js';
import { normaliseWords } from './normalise-words.js';

/** How the values of a slot are said. */
export function slotExpression(slot: SpeechSlot): Expression {
  switch (slot.kind) {
    case 'digits':
      return digits(slot.minLength, slot.maxLength);
    case 'number':
      return number;
    case 'amount':
      return amount;
    case 'date':
      return date;
    case 'yesno':
      return yesNo;
    default:
      return oneOf(...slot.values.flatMap(({ value, synonyms }) => [value, ...synonyms]).flatMap(spoken));
  }
}

const ONE_TO_NINE = DIGIT_WORDS.slice(1);
const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');
const FIRST_TO_NINTH = 'first second third fourth fifth sixth seventh eighth ninth'.split(' ');
const TENTH_TO_NINETEENTH =
  'tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(' ');

const oneToNine = oneOf(...ONE_TO_NINE);
const underHundred = weighted(
  [9, oneToNine],
  [10, oneOf(...TEEN_WORDS)],
  [24, sequence(oneOf(...TENS_WORDS), optional(oneToNine))],
);
const underThousand = weighted(
  [2, underHundred],
  [
    1,
    sequence(
      oneOf('a', ...ONE_TO_NINE),
      words('hundred'),
      optional(sequence(optional(words('and'), 0.3), underHundred)),
    ),
  ],
);
const number = weighted(
  [3, underThousand],
  [
    1,
    sequence(
      weighted([1, words('a')], [9, underThousand]),
      words('thousand'),
      optional(sequence(optional(words('and'), 0.2), underThousand)),
    ),
  ],
);

const currency = weighted([8, words('dollars')], [1, words('bucks')], [2, oneOf('pounds', 'euros')]);
const oneUnit = sequence(oneOf('one', 'a'), oneOf('dollar', 'pound', 'euro'));
const amount = weighted(
  [
    6,
    sequence(
      weighted([20, sequence(number, currency)], [1, oneUnit]),
      optional(sequence(optional(words('and')), underHundred, optional(oneOf('cents', 'pence'), 0.8)), 0.3),
    ),
  ],
  [1, sequence(underHundred, words('cents'))],
  [2, number],
);

const ordinal = weighted(
  [9, oneOf(...FIRST_TO_NINTH)],
  [10, oneOf(...TENTH_TO_NINETEENTH)],
  [1, words('twentieth')],
  [9, sequence(words('twenty'), oneOf(...FIRST_TO_NINTH))],
  [1, words('thirtieth')],
  [1, words('thirty first')],
);
const year = weighted(
  [3, sequence(words('nineteen'), underHundred)],
  [
    2,
    sequence(words('twenty'), weighted([1, oneOf(...TEEN_WORDS)], [2, sequence(words('twenty'), optional(oneToNine))])),
  ],
  [1, sequence(words('two thousand'), optional(sequence(optional(words('and'), 0.3), underHundred)))],
);
const partOfDay = optional(oneOf('morning', 'afternoon', 'evening'), 0.2);
const date = weighted(
  [4, sequence(oneOf(...MONTHS), optional(words('the'), 0.2), ordinal, optional(year, 0.2))],
  [
    2,
    sequence(words('the'), ordinal, optional(sequence(optional(words('of')), oneOf(...MONTHS), optional(year, 0.2)))),
  ],
  [3, sequence(optional(oneOf('next', 'this', 'last', 'on'), 0.3), oneOf(...WEEKDAYS), partOfDay)],
  [3, sequence(oneOf('today', 'tomorrow', 'yesterday'), partOfDay)],
);

const yes = weighted(
  [6, oneOf('yes', 'yeah')],
  [3, oneOf('yep', 'yup', 'sure', 'correct', 'right', 'okay', 'absolutely', 'of course', 'go ahead')],
  [
    2,
    oneOf('yes please', 'yes it is', 'yes i do', 'yes that is right', 'yes that is correct', 'yes i am', 'yes i did'),
  ],
  [2, oneOf("that's right", "that's correct", 'that is right', 'that is correct', 'i do', 'i did')],
);
const no = weighted(
  [6, words('no')],
  [2, oneOf('nope', 'nah', 'no thanks', 'no thank you', 'not really')],
  [2, oneOf("no that's wrong", "that's wrong", "that's not right", 'that is wrong', 'that is not right')],
  [2, oneOf("no it isn't", "no i don't", "no i didn't", "i don't", "i didn't", 'never', 'incorrect')],
  // What begins like a yes must not be heard as one for want of its other half.
  [1, sequence(oneOf('of course', 'certainly', 'absolutely', 'sure', 'right'), words('not'))],
  [1, oneOf('not okay', 'not now', 'not right', "i'm not sure", 'i am not sure', 'absolutely nothing')],
  [1, sequence(oneOf('okay', 'yes', 'right', 'no'), oneOf('stop', 'cancel', 'wait', 'hold on', 'but no'))],
  [0.5, oneOf('is that right', 'hold on', 'wait')],
);
const yesNo = weighted([1, yes], [1, no]);

/** "oh" is short and vowel-like: noise is often taken for it, so it must sound much better than the others to win. */
const OH_WEIGHT = 0.02;

/** Between `minLength` and `maxLength` digits, one by one or with "double" and "triple". */
function digits(minLength: number, maxLength: number): Expression {
  const least = Math.max(1, minLength);
  return {
    kind: 'counted',
    least,
    most: Math.max(least, maxLength),
    steps: [
      { size: 1, weight: 1, expression: digit },
      { size: 2, weight: 0.02, expression: sequence(words('double'), digit) },
      { size: 3, weight: 0.005, expression: sequence(words('triple'), digit) },
    ],
  };
}

const digit = weighted([10, oneOf('zero', ...ONE_TO_NINE)], [10 * OH_WEIGHT, words('oh')]);

function spoken(text: string): Expression[] {
  const normalised = normaliseWords(text);
  return normalised.length > 0 ? [words(normalised.join(' '))] : [];
}
