import { ParleyError } from '../../kernel/errors.js';

/** No new sessions: the process cannot serve those it has. */
export class Overloaded extends ParleyError {
  /** @param retryAfterMs before which it is of no use to try again. */
  constructor(readonly retryAfterMs: number) {
    super('overloaded', 'The server is overloaded, please try again later', true);
  }
}
