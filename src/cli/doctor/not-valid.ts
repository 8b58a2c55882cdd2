import { ParleyError } from '../../kernel/errors.js';

const WORDS = / is not (valid|set)$/;

/** What is read; `otherwise` where a setting that it needs is not valid. */
export function ifValid<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotValid) return otherwise;
    throw error;
  }
}

/** Something cannot be looked at, because a setting that it needs is not valid; that is said where the setting is. */
export class NotValid extends ParleyError {
  override readonly name = 'NotValid';

  constructor(setting: string, isSet = true) {
    super('config_invalid', `${setting} is not ${isSet ? 'valid' : 'set'}`);
  }

  /** Whether somebody has passed it on as a text. */
  static isSaidIn(text: string): boolean {
    return /^[A-Z0-9_]+$/.test(text.replace(WORDS, '')) && WORDS.test(text);
  }
}
