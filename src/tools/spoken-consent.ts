import { tokenize } from '../llm/drivers/embedded/tokens.js';
import { type YesOrNo, yesOrNo } from '../llm/drivers/embedded/yes-or-no.js';

/** `unknown`: said in a language in which nobody here can tell. */
export type Consent = YesOrNo | 'unknown';

/**
 * Whether what a caller has said is a yes: all of it, so that neither "okay, but don't do it" nor "yes?" is one.
 * @param about what was asked, whose words may come with a yes
 */
export function consentIn(text: string, language: string, about = ''): Consent {
  if (text.trim() === '') return 'unclear';
  if (!/^en\b/i.test(language)) return 'unknown';
  const said = yesOrNo(tokenize(text), new Set(tokenize(about)));
  return said === 'yes' && text.includes('?') ? 'unclear' : said;
}
