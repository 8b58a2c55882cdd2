import { cardinalWords, ordinalWords, yearWords } from './numbers.js';
import { END, sticky, type SpokenRule } from './rule.js';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const MONTH = String.raw`(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?`;
const weekdays: Readonly<Record<string, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  tues: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  thur: 'Thursday',
  thurs: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

function monthNumber(name: string): number {
  return MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === name.slice(0, 3).toLowerCase()) + 1;
}

interface CalendarDate {
  readonly year?: number;
  readonly month: number;
  readonly day?: number;
}

function dateWords({ year, month, day }: CalendarDate, dayFirst: boolean): string | undefined {
  if (month < 1 || month > 12 || (day !== undefined && (day < 1 || day > 31))) return undefined;
  const name = MONTHS[month - 1]!;
  const ordinal = day === undefined ? '' : ordinalWords(String(day));
  const date = day === undefined ? name : dayFirst ? `the ${ordinal} of ${name}` : `${name} ${ordinal}`;
  return year === undefined ? date : `${date} ${yearWords(year)}`;
}

/** Two digits mean this century up to 69, as `strptime` has it. */
function fullYear(digits: string): number {
  const year = Number(digits);
  return digits.length > 2 ? year : year < 70 ? 2000 + year : 1900 + year;
}

function timeWords(hour: number, minute: number, half: string | undefined): string | undefined {
  if (hour > 24 || minute > 59 || (half && (hour > 12 || hour === 0))) return undefined;
  const minutes =
    minute === 0 ? '' : minute < 10 ? ` oh ${cardinalWords(String(minute))}` : ` ${cardinalWords(String(minute))}`;
  const isTwentyFourHours = !half && (hour > 12 || hour === 0);
  const spokenHour = cardinalWords(String(isTwentyFourHours ? hour % 12 || 12 : hour));
  if (half) return `${spokenHour}${minutes} ${half.toUpperCase()} M`;
  if (isTwentyFourHours) return `${spokenHour}${minutes} ${hour % 24 < 12 ? 'A' : 'P'} M`;
  return minute === 0 ? `${spokenHour} o'clock` : spokenHour + minutes;
}

const HALF = String.raw`(?:\s?([ap])(?:\.\s?m\.|m\b))`;

export const dateRules: readonly SpokenRule[] = [
  {
    pattern: sticky(
      String.raw`(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?${END}`,
    ),
    speak: ([, year, month, day, hour, minute], { dayFirst }) => {
      const date = dateWords({ year: Number(year), month: Number(month), day: Number(day) }, dayFirst);
      const time = hour && timeWords(Number(hour), Number(minute), undefined);
      return date && time ? `${date} at ${time}` : date;
    },
  },
  {
    pattern: sticky(String.raw`(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})${END}`),
    speak: ([, first = '', separator, second = '', year = ''], { dayFirst }) => {
      const isDayFirst = separator === '.' || Number(first) > 12 || (dayFirst && Number(second) <= 12);
      const [day, month] = isDayFirst ? [Number(first), Number(second)] : [Number(second), Number(first)];
      return dateWords({ year: fullYear(year), month, day }, dayFirst);
    },
  },
  {
    // The date on a card.
    pattern: sticky(String.raw`(0\d|1[0-2])/(\d{2}|20\d{2})${END}`),
    speak: ([, month = '', year = ''], { before }) =>
      /expir\w*|valid\b/i.test(before) ? dateWords({ year: fullYear(year), month: Number(month) }, false) : undefined,
  },
  {
    pattern: sticky(String.raw`(\d{1,2})/(\d{1,2})(?![\d/])${END}`),
    speak: ([text, first = '', second = ''], { dayFirst }) => {
      if (['1/2', '1/3', '2/3', '1/4', '3/4', '24/7'].includes(text)) return undefined;
      const isDayFirst = Number(first) > 12 || (dayFirst && Number(second) <= 12);
      const [day, month] = isDayFirst ? [Number(first), Number(second)] : [Number(second), Number(first)];
      return dateWords({ month, day }, dayFirst) ?? `${cardinalWords(first)} over ${cardinalWords(second)}`;
    },
  },
  {
    pattern: sticky(String.raw`${MONTH}\s(\d{1,2})(?:st|nd|rd|th)?${END}(?:(?:,\s?|\s)(\d{4})${END})?`, 'i'),
    speak: ([, name = '', day, year]) =>
      dateWords({ month: monthNumber(name), day: Number(day), ...(year && { year: Number(year) }) }, false),
  },
  {
    pattern: sticky(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?:\sof)?\s${MONTH}${END}(?:(?:,\s?|\s)(\d{4})${END})?`, 'i'),
    speak: ([, day, name = '', year], { before }) => {
      const words = dateWords(
        { month: monthNumber(name), day: Number(day), ...(year && { year: Number(year) }) },
        true,
      );
      return /\bthe\s$/i.test(before) ? words?.replace(/^the /, '') : words;
    },
  },
  {
    pattern: sticky(String.raw`${MONTH},?\s(\d{4})${END}`, 'i'),
    speak: ([, name = '', year]) => dateWords({ month: monthNumber(name), year: Number(year) }, false),
  },
  {
    pattern: sticky(String.raw`(Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.`, 'i'),
    speak: ([, name = '']) => MONTHS[monthNumber(name) - 1],
    mayEndSentence: true,
  },
  {
    pattern: sticky(String.raw`(Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)\.`),
    speak: ([, name = '']) => weekdays[name.toLowerCase()],
    mayEndSentence: true,
  },
  {
    pattern: sticky(String.raw`(Mon|Tues?|Wed|Thurs?|Thu|Fri)${END}`),
    speak: ([, name = '']) => weekdays[name.toLowerCase()],
  },
  {
    // The sun, and somebody who sat, are not days.
    pattern: sticky(String.raw`(Sat|Sun)${END}`),
    speak: ([, name = ''], { before, after }) =>
      /(?:\bon |\bto |[–-])$/.test(before) || /^[–-]/.test(after) ? weekdays[name.toLowerCase()] : undefined,
  },
  {
    pattern: sticky(String.raw`(\d{1,2}):(\d{2})(?::\d{2})?${HALF}?${END}`, 'i'),
    speak: ([, hour, minute, half]) => timeWords(Number(hour), Number(minute), half),
    mayEndSentence: true,
  },
  {
    pattern: sticky(String.raw`(\d{1,2})${HALF}${END}`, 'i'),
    speak: ([, hour, half]) => timeWords(Number(hour), 0, half),
    mayEndSentence: true,
  },
  {
    pattern: sticky(String.raw`(19|20)(\d)0s${END}`),
    speak: ([, century = '', decade = '']) => decadeWords(century, decade),
  },
];

function decadeWords(century: string, decade: string): string {
  if (decade === '0') return century === '20' ? 'two thousands' : 'nineteen hundreds';
  const words = cardinalWords(`${decade}0`);
  return `${cardinalWords(century)} ${words.endsWith('y') ? `${words.slice(0, -1)}ies` : `${words}s`}`;
}
