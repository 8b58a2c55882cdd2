import type { LogFn, Logger } from 'pino';

/**
 * Lines for a terminal have no quotes that would keep a name in its place: what could begin another line, or move the
 * cursor, is written out. JSON does that by itself.
 */
export function withoutControl(this: Logger, given: Parameters<LogFn>, log: LogFn): void {
  const clean = (given as unknown[]).map((part) => (typeof part === 'string' ? visible(part) : part));
  log.apply(this, clean as Parameters<LogFn>);
}

function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
