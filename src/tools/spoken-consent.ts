import { findSlot } from '../llm/drivers/embedded/entities.js';
import { tokenize } from '../llm/drivers/embedded/tokens.js';

/** `unknown`: said in a language in which nobody here can tell. */
export type Consent = 'yes' | 'no' | 'unclear' | 'unknown';

const YES_OR_NO = { kind: 'yesno' } as const;
/** Of no use to a yes or a no, but asked for. */
const NO_DAY = new Date(0);

/** Whether what a caller has said is a yes: all of it, so that "okay, but don't do it" is none. */
export function consentIn(text: string, language: string): Consent {
  if (text.trim() === '') return 'unclear';
  if (!/^en\b/i.test(language)) return 'unknown';
  const tokens = tokenize(text);
  let consent: Consent = 'unclear';
  for (let from = 0; from < tokens.length;) {
    const found = findSlot(YES_OR_NO, tokens, NO_DAY, from);
    if (!found) break;
    if (found.value === false) return 'no';
    consent = 'yes';
    from = found.end;
  }
  return consent;
}
