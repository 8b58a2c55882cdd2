import { cardinalWords, decimalWords, digitWords, ordinalWords, yearWords } from './numbers.js';
import { END, NUMBER, WHOLE, sticky, type SpokenRule } from './rule.js';

interface Currency {
  readonly one: string;
  readonly many: string;
  readonly minorOne?: string;
  readonly minorMany?: string;
}

const DOLLAR: Currency = { one: 'dollar', many: 'dollars', minorOne: 'cent', minorMany: 'cents' };
const POUND: Currency = { one: 'pound', many: 'pounds', minorOne: 'penny', minorMany: 'pence' };
const EURO: Currency = { one: 'euro', many: 'euros', minorOne: 'cent', minorMany: 'cents' };
const YEN: Currency = { one: 'yen', many: 'yen' };
const currencies: Readonly<Record<string, Currency>> = {
  $: DOLLAR,
  US$: DOLLAR,
  USD: DOLLAR,
  '£': POUND,
  GBP: POUND,
  '€': EURO,
  EUR: EURO,
  '¥': YEN,
  JPY: YEN,
  '₹': { one: 'rupee', many: 'rupees', minorOne: 'paisa', minorMany: 'paise' },
  CHF: { one: 'franc', many: 'francs', minorOne: 'centime', minorMany: 'centimes' },
};
const SYMBOL = String.raw`(US\$|[$£€¥₹]|USD|GBP|EUR|JPY|CHF)`;
const scales: Readonly<Record<string, string>> = {
  k: 'thousand',
  thousand: 'thousand',
  m: 'million',
  mn: 'million',
  million: 'million',
  b: 'billion',
  bn: 'billion',
  billion: 'billion',
  trillion: 'trillion',
};
const SCALE = String.raw`(?:\s?(k|thousand|mn?|million|bn?|billion|trillion)${END})?`;

function amountWords(currency: Currency, number: string, scale: string | undefined): string {
  if (scale) return `${decimalWords(number)} ${scales[scale.toLowerCase()]!} ${currency.many}`;
  const [whole = '0', fraction = ''] = number.replace(/,/g, '').split('.');
  if (fraction.length > 2 || (fraction !== '' && !currency.minorMany))
    return `${decimalWords(number)} ${currency.many}`;
  const minor = Number(fraction.padEnd(2, '0'));
  const major = `${cardinalWords(whole)} ${Number(whole) === 1 ? currency.one : currency.many}`;
  if (minor === 0) return major;
  const change = `${cardinalWords(String(minor))} ${minor === 1 ? currency.minorOne! : currency.minorMany!}`;
  return Number(whole) === 0 ? change : `${major} and ${change}`;
}

/** What the unit is called for exactly one and for everything else. */
const units: Readonly<Record<string, readonly [string, string]>> = {
  kg: ['kilogram', 'kilograms'],
  g: ['gram', 'grams'],
  mg: ['milligram', 'milligrams'],
  lb: ['pound', 'pounds'],
  lbs: ['pound', 'pounds'],
  oz: ['ounce', 'ounces'],
  km: ['kilometer', 'kilometers'],
  m: ['meter', 'meters'],
  cm: ['centimeter', 'centimeters'],
  mm: ['millimeter', 'millimeters'],
  mi: ['mile', 'miles'],
  ft: ['foot', 'feet'],
  sqft: ['square foot', 'square feet'],
  l: ['liter', 'liters'],
  ml: ['milliliter', 'milliliters'],
  kb: ['kilobyte', 'kilobytes'],
  mb: ['megabyte', 'megabytes'],
  gb: ['gigabyte', 'gigabytes'],
  tb: ['terabyte', 'terabytes'],
  hz: ['hertz', 'hertz'],
  khz: ['kilohertz', 'kilohertz'],
  mhz: ['megahertz', 'megahertz'],
  ghz: ['gigahertz', 'gigahertz'],
  kw: ['kilowatt', 'kilowatts'],
  kwh: ['kilowatt hour', 'kilowatt hours'],
  mph: ['mile per hour', 'miles per hour'],
  'km/h': ['kilometer per hour', 'kilometers per hour'],
  ms: ['millisecond', 'milliseconds'],
  s: ['second', 'seconds'],
  sec: ['second', 'seconds'],
  secs: ['second', 'seconds'],
  min: ['minute', 'minutes'],
  mins: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  hr: ['hour', 'hours'],
  hrs: ['hour', 'hours'],
  '°': ['degree', 'degrees'],
  '°c': ['degree celsius', 'degrees celsius'],
  '°f': ['degree fahrenheit', 'degrees fahrenheit'],
};
/** These are words or names of their own when a blank stands before them. */
const TIGHT_UNITS = 'g|m|l|s|h';
const LOOSE_UNITS = Object.keys(units)
  .filter((unit) => !TIGHT_UNITS.split('|').includes(unit))
  .sort((a, b) => b.length - a.length)
  .join('|');

const fractions: Readonly<Record<string, string>> = {
  '1/2': 'one half',
  '½': 'one half',
  '1/3': 'one third',
  '⅓': 'one third',
  '2/3': 'two thirds',
  '⅔': 'two thirds',
  '1/4': 'one quarter',
  '¼': 'one quarter',
  '3/4': 'three quarters',
  '¾': 'three quarters',
};
const FRACTION = Object.keys(fractions).join('|');

/** Words after which digits are a name, not a quantity. */
const NAMING = new RegExp(
  String.raw`\b(?:ending|ends?|digits?|code|pin|passcode|password|otp|cvv|cvc|account|acct|card|number|no\.?|extension|` +
    String.raw`ext\.?|reference|ref\.?|id|confirmation|booking|order|case|claim|policy|ticket|zip|postcode|phone|sort)` +
    String.raw`(?:\s(?:number|code|is|are|in|with|was|ending)|[:#])*\s*[:#]?\s*$`,
  'i',
);
const YEARLIKE = /^(?:19|20)\d\d$/;
/** Beyond this, a number without separators is an identifier. */
const LONGEST_QUANTITY = 4;

export const quantityRules: readonly SpokenRule[] = [
  {
    pattern: sticky(`${SYMBOL}\\s?(${NUMBER})(?!\\d)${SCALE}`, 'i'),
    speak: ([, symbol = '', number = '', scale]) => amountWords(currencies[symbol.toUpperCase()]!, number, scale),
  },
  {
    pattern: sticky(`(${NUMBER})\\s?([€£¥₹]|USD|EUR|GBP|JPY|CHF)${END}`),
    speak: ([, number = '', symbol = '']) => amountWords(currencies[symbol]!, number, undefined),
  },
  {
    pattern: sticky(`(${WHOLE})\\s?¢`),
    speak: ([, number = '']) => amountWords(DOLLAR, `0.${number.padStart(2, '0')}`, undefined),
  },
  { pattern: sticky(`(${NUMBER})\\s?%`), speak: ([, number = '']) => `${decimalWords(number)} percent` },
  {
    pattern: sticky(`(${NUMBER})(?:\\s?(${LOOSE_UNITS})|(${TIGHT_UNITS}))${END}`, 'i'),
    speak: ([, number = '', loose, tight]) => {
      const [one, many] = units[(loose ?? tight)!.toLowerCase()]!;
      return `${decimalWords(number)} ${number === '1' ? one : many}`;
    },
  },
  {
    pattern: sticky(`(${WHOLE})(?:st|nd|rd|th)${END}`, 'i'),
    speak: ([, number = '']) => ordinalWords(number.replace(/,/g, '')),
  },
  {
    pattern: sticky(`(?:(\\d{1,4})(?:\\s(?=\\d/)|(?=[½⅓⅔¼¾])))?(${FRACTION})(?![\\d/])`),
    speak: ([, whole, fraction = '']) => {
      const words = fractions[fraction]!;
      if (!whole) return words;
      return `${cardinalWords(whole)} and ${words.replace(/^one half/, 'a half').replace(/^one quarter/, 'a quarter')}`;
    },
  },
  { pattern: sticky(`24/7${END}`), speak: () => 'twenty-four seven' },
  // Versions, addresses: "2.0.1".
  {
    pattern: sticky(`\\d{1,6}(?:\\.\\d{1,6}){2,6}(?!\\d)`),
    speak: ([text]) => text.split('.').map(cardinalWords).join(' point '),
  },
  {
    pattern: sticky(`(${NUMBER})(?!\\d)`),
    speak: ([, number = ''], { before }) => numberWords(number, before),
  },
  { pattern: sticky(String.raw`\d{1,40}`), speak: ([digits]) => digitWords(digits) },
];

function numberWords(number: string, before: string): string {
  const isBare = /^\d+$/.test(number);
  if (!isBare) return decimalWords(number);
  if (/^[4-9]11$/.test(number) || number.length > LONGEST_QUANTITY) return digitWords(number);
  if (number.length > 2 && NAMING.test(before)) return digitWords(number);
  return YEARLIKE.test(number) ? yearWords(Number(number)) : cardinalWords(number);
}
