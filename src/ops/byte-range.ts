export interface ByteRange {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

/**
 * What of `bytes` bytes is asked for. Undefined: all of it, also where several parts are, or nothing that can be understood
 * (RFC 9110 §14.2). `none`: there is nothing of what is asked for.
 */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return Number(last) === 0 ? 'none' : { start: Math.max(0, bytes - Number(last)), end: bytes };
  const start = Number(first);
  const end = last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= bytes ? 'none' : { start, end };
}
