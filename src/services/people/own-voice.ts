import { createHash } from 'node:crypto';

/** How clients call the one whose session it is. */
export const OWN_PERSON = 'user';

const OWN_PREFIX = `${OWN_PERSON}:`;
/** Ids of people have 128 characters at most. */
const LONGEST_SUBJECT = 100;

/** Under which a voice is kept: one's own under who one is, because everybody is `user` to themselves. */
export function keptAs(personId: string, subject: string): string {
  if (personId !== OWN_PERSON) return personId;
  const isLong = subject.length > LONGEST_SUBJECT;
  return OWN_PREFIX + (isLong ? createHash('sha256').update(subject).digest('hex') : subject);
}

/** Whether a voice that is kept under this is somebody's own, known in their sessions only. */
export function isOwnVoice(keptId: string): boolean {
  return keptId.startsWith(OWN_PREFIX);
}

/** What conversations call a person that is kept under this. */
export function calledInTranscripts(keptId: string): string {
  return isOwnVoice(keptId) ? OWN_PERSON : keptId;
}
