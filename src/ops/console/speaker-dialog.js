import { answerOf } from './ask.js';
import { byId, element } from './dom.js';

/** What the server calls the one whose session it is. */
const OWN_PERSON = 'user';

/**
 * Asks who somebody is.
 * @param {string} speaker as they are called until now
 * @param {string} text what they have said
 * @param {Map<string, string>} people names by person, of those that are known already
 * @returns {Promise<{ personId: string, name: string, onlyThis: boolean } | undefined>} undefined: they stay who they are
 */
export async function askWho(speaker, text, people) {
  byId('who-speaker').textContent = speaker;
  byId('who-text').textContent = text;
  byId('who-people').replaceChildren(
    ...[...new Set(people.values())].map((name) => element('option', { value: name })),
  );
  byId('who-name').value = '';
  byId('who-only').checked = byId('who-me').checked = false;
  const answer = await answerOf(byId('who'));
  const name = byId('who-name').value.trim();
  if (answer !== 'save' || name === '') return undefined;
  const onlyThis = byId('who-only').checked;
  if (byId('who-me').checked) return { personId: OWN_PERSON, name, onlyThis };
  const known = [...people].find(([id, other]) => id !== OWN_PERSON && other.toLowerCase() === name.toLowerCase());
  return { personId: known?.[0] ?? newPersonId(), name: known?.[1] ?? name, onlyThis };
}

/** `crypto.randomUUID` is only there on https and localhost. */
function newPersonId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `person_${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
