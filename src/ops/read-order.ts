import { BadRequestException } from '@nestjs/common';
import { z } from 'zod';

/** Names come from outside, and may be of any length. */
const LONGEST_NAME = 64;

/**
 * What somebody has asked for, in a body or a query. Throws 400 with a sentence for each field that is not as it should be: its
 * name, and what is allowed. None quotes a value.
 */
export function readOrder<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  whole: 'body' | 'query' = 'body',
): z.output<Schema> {
  const parsed = schema.safeParse(given, { error: inWords });
  if (parsed.success) return parsed.data;
  throw new BadRequestException(parsed.error.issues.flatMap((issue) => sentences(issue, whole)).join('. '));
}

function sentences({ path, message, ...issue }: z.core.$ZodIssue, whole: string): string[] {
  const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  return places.map((place) => `"${(place.join('.') || whole).slice(0, LONGEST_NAME)}": ${message}`);
}

/** Zod's own words are for programmers. Those of a schema itself come first. */
function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `is unknown; allowed ${namesOf(issue.inst)}`;
    case 'invalid_type':
      return `${issue.input === undefined ? 'is missing' : 'is of another kind'}; allowed is ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `is too ${sizes[issue.origin]?.small ?? 'small'}; allowed are at least ${measured(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `is too ${sizes[issue.origin]?.big ?? 'large'}; allowed are at most ${measured(issue.maximum, issue.origin)}`;
    case 'invalid_value':
      return `allowed is ${issue.values.map(String).join(' or ')}`;
    case 'invalid_format':
      return formats[issue.format];
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

interface Size {
  readonly small: string;
  readonly big: string;
  readonly of: string;
}

const sizes: Readonly<Record<string, Size>> = {
  string: { small: 'short', big: 'long', of: 'characters' },
  array: { small: 'short', big: 'long', of: 'entries' },
};

const formats: Readonly<Record<string, string>> = {
  datetime: 'allowed is a time such as 2026-11-20T10:00:00Z',
};

function measured(limit: number | bigint, origin: string): string {
  const size = sizes[origin];
  return size ? `${limit} ${limit === 1 ? singular(size.of) : size.of}` : String(limit);
}

function singular(things: string): string {
  return things === 'entries' ? 'entry' : 'character';
}

function namesOf(schema: unknown): string {
  return schema instanceof z.ZodObject ? `are ${Object.keys(schema.shape).join(', ')}` : 'are others';
}
