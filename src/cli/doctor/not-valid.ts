import { ParleyError } from '../../kernel/errors.js';

const WORDS = ' is not valid';

/** Something cannot be looked at, because a setting that it needs is not valid; that is said where the setting is. */
export class NotValid extends ParleyError {
  override readonly name = 'NotValid';

  constructor(setting: string) {
    super('config_invalid', `${setting}${WORDS}`);
  }

  /** Whether somebody has passed it on as a text. */
  static isSaidIn(text: string): boolean {
    return /^[A-Z0-9_]+$/.test(text.slice(0, -WORDS.length)) && text.endsWith(WORDS);
  }
}
