export const NOT_SET = '–';

/** Nothing, an empty text and an empty list come to the same. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** A setting's value for people. */
export function showValue(value: unknown): string {
  if (!isSet(value)) return NOT_SET;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
