import type { LoadedConfig } from '../../config/load.js';

/** Anything shorter stands in too many words that are no secret. */
const SHORTEST = 4;
/** What has fewer letters is masked only where it stands apart, as a value does: others use such words, too. */
const UNMISTAKABLE = 8;
const USER_IN_ADDRESS = /:\/\/[^/@\s]+@/g;
const QUERY_OF_ADDRESS = /\b((?:https?|wss?):\/\/[^\s?]+)\?\S+/g;

/** Takes out of a text what only the deployment may know: the values of its secrets, whole and in parts, and credentials in addresses. */
export function maskingOf({ settings, environment }: LoadedConfig): (text: string) => string {
  const secrets = settings
    .filter(({ setting }) => setting.secret)
    // One that is not valid is a secret all the same.
    .flatMap(({ setting, value }) => [...textsIn(value), ...textsIn(environment.variables[setting.env])]);
  const words = [...new Set(secrets.flatMap(partsOf))].sort((a, b) => b.length - a.length);
  const patterns = words.map(patternOf);
  return (text) =>
    patterns
      .reduce((masked, pattern) => masked.replace(pattern, '***'), text)
      .replace(USER_IN_ADDRESS, '://***@')
      .replace(QUERY_OF_ADDRESS, '$1?***');
}

function patternOf(word: string): RegExp {
  const literally = word.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  if (word.length >= UNMISTAKABLE) return new RegExp(literally, 'g');
  return new RegExp(`(?<=["'\`“‘=]|\\bBearer )${literally}(?=["'\`”’&;,\\s]|$)`, 'g');
}

function textsIn(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}

/** `endpoint=…;accesskey=…` and `redis://user:password@…` are known by what is secret in them, not by all of it. */
function partsOf(secret: string): string[] {
  const password = URL.parse(secret)?.password;
  if (password !== undefined) return password === '' ? [] : longEnough([password, decoded(password)]);
  const values = secret
    .split(/[;,]/)
    .filter((part) => /^\s*(\w*(key|signature)|authorization|\S*token\S*)\s*=/i.test(part));
  return longEnough([secret, ...values.map((part) => part.slice(part.indexOf('=') + 1).trim())]);
}

function longEnough(words: readonly string[]): string[] {
  return words.flatMap((word) => [word, decoded(word)]).filter((word) => word.length >= SHORTEST);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
