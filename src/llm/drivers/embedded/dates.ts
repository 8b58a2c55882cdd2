import { numberAt, type Reading } from './numbers.js';

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const ORDINALS = (
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth ' +
  'sixteenth seventeenth eighteenth nineteenth twentieth'
).split(' ');
const DAY_MS = 86_400_000;

/** A date as callers say it, as `YYYY-MM-DD`; `today` is midnight UTC of the caller's day. */
export function dateAt(tokens: readonly string[], at: number, today: Date): Reading<string> | undefined {
  const day =
    relativeAt(tokens, at, today) ??
    weekdayAt(tokens, at, today) ??
    figuresAt(tokens, at) ??
    calendarAt(tokens, at, today) ??
    dayOfMonthAt(tokens, at, today);
  // "tomorrow morning" is tomorrow.
  return day && /^(morning|afternoon|evening)$/.test(tokens[day.end] ?? '') ? { ...day, end: day.end + 1 } : day;
}

function relativeAt(tokens: readonly string[], at: number, today: Date): Reading<string> | undefined {
  const words: Readonly<Record<string, number>> = { today: 0, yesterday: -1, tomorrow: 1 };
  const word = tokens[at] ?? '';
  if (Object.hasOwn(words, word)) return { value: iso(shift(today, words[word]!)), end: at + 1 };
  const phrase = tokens.slice(at, at + 4).join(' ');
  if (phrase === 'the day before yesterday') return { value: iso(shift(today, -2)), end: at + 4 };
  const count = numberAt(tokens, at);
  if (!count || tokens[count.end + 1] !== 'ago') return undefined;
  const unit = /^(day|week)s?$/.exec(tokens[count.end] ?? '')?.[1];
  return unit ? { value: iso(shift(today, -count.value * (unit === 'day' ? 1 : 7))), end: count.end + 2 } : undefined;
}

/** The next such day, today included; with "last" the one before today, with "next" the one after today. */
function weekdayAt(tokens: readonly string[], at: number, today: Date): Reading<string> | undefined {
  const start = tokens[at] === 'on' ? at + 1 : at;
  const which = /^(last|next|this)$/.test(tokens[start] ?? '') ? tokens[start] : undefined;
  const index = which ? start + 1 : start;
  const day = DAYS.indexOf(tokens[index] ?? '');
  if (day < 0) return undefined;
  const ahead = (day - today.getUTCDay() + 7) % 7;
  const offset = which === 'last' ? (ahead === 0 ? -7 : ahead - 7) : which === 'next' && ahead === 0 ? 7 : ahead;
  return { value: iso(shift(today, offset)), end: index + 1 };
}

/** `2026-03-14`, `3/14/2026`; the month comes first, as in en-US. */
function figuresAt(tokens: readonly string[], at: number): Reading<string> | undefined {
  const word = tokens[at] ?? '';
  const isoDate = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word);
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(word);
  const parts = isoDate
    ? [isoDate[1], isoDate[2], isoDate[3]]
    : slashed
      ? [slashed[3], slashed[1], slashed[2]]
      : undefined;
  const date = parts && valid(Number(parts[0]), Number(parts[1]), Number(parts[2]));
  return date ? { value: iso(date), end: at + 1 } : undefined;
}

/** "march fourteenth", "the fourteenth of march", "march 14 2026"; without a year, the nearest one. */
function calendarAt(tokens: readonly string[], at: number, today: Date): Reading<string> | undefined {
  const start = tokens[at] === 'on' ? at + 1 : at;
  let month = MONTHS.indexOf(tokens[start] ?? '');
  let day: Reading<number> | undefined;
  if (month >= 0) {
    day = dayAt(tokens, tokens[start + 1] === 'the' ? start + 2 : start + 1);
  } else {
    const first = dayAt(tokens, tokens[start] === 'the' ? start + 1 : start);
    if (!first) return undefined;
    const monthIndex = tokens[first.end] === 'of' ? first.end + 1 : first.end;
    month = MONTHS.indexOf(tokens[monthIndex] ?? '');
    day = { value: first.value, end: monthIndex + 1 };
  }
  if (month < 0 || !day) return undefined;
  const year = yearAt(tokens, day.end);
  if (year) {
    const date = valid(year.value, month + 1, day.value);
    return date && { value: iso(date), end: year.end };
  }
  const years = [-1, 0, 1].map((offset) => valid(today.getUTCFullYear() + offset, month + 1, day.value));
  return nearest(years, today, day.end);
}

/** "the fourteenth": the nearest one. */
function dayOfMonthAt(tokens: readonly string[], at: number, today: Date): Reading<string> | undefined {
  const start = tokens[at] === 'on' ? at + 1 : at;
  if (tokens[start] !== 'the') return undefined;
  const day = dayAt(tokens, start + 1);
  if (!day) return undefined;
  const months = [-1, 0, 1].map((offset) => {
    const first = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + offset, 1));
    return valid(first.getUTCFullYear(), first.getUTCMonth() + 1, day.value);
  });
  return nearest(months, today, day.end);
}

/** "2026", "two thousand and six", "nineteen eighty four". */
function yearAt(tokens: readonly string[], at: number): Reading<number> | undefined {
  const first = numberAt(tokens, at);
  if (!first) return undefined;
  const second = first.value >= 18 && first.value <= 21 ? numberAt(tokens, first.end) : undefined;
  const year = second ? { value: first.value * 100 + second.value, end: second.end } : first;
  return Number.isInteger(year.value) && year.value >= 1800 && year.value < 2200 ? year : undefined;
}

function nearest(dates: readonly (Date | undefined)[], today: Date, end: number): Reading<string> | undefined {
  const [near] = dates
    .filter((date) => date !== undefined)
    .sort((a, b) => Math.abs(a.getTime() - today.getTime()) - Math.abs(b.getTime() - today.getTime()));
  return near && { value: iso(near), end };
}

function dayAt(tokens: readonly string[], at: number): Reading<number> | undefined {
  const word = tokens[at] ?? '';
  const figures = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(word);
  if (figures) return { value: Number(figures[1]), end: at + 1 };
  const ordinal = ORDINALS.indexOf(word) + 1;
  if (ordinal > 0) return { value: ordinal, end: at + 1 };
  if (word === 'thirtieth') return { value: 30, end: at + 1 };
  const tens = word === 'twenty' ? 20 : word === 'thirty' ? 30 : 0;
  const unit = ORDINALS.slice(0, 9).indexOf(tokens[at + 1] ?? '') + 1;
  if (tens > 0 && unit > 0) return { value: tens + unit, end: at + 2 };
  return numberAt(tokens, at);
}

function valid(year: number, month: number, day: number): Date | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : undefined;
}

function shift(date: Date, days: number): Date {
  // A number of days that no calendar holds must not make an invalid date.
  return new Date(date.getTime() + Math.max(-36_500, Math.min(36_500, days)) * DAY_MS);
}

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}
