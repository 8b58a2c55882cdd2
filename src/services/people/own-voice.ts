/** How clients call the one whose session it is. */
export const OWN_PERSON = 'user';

const OWN_PREFIX = `${OWN_PERSON}:`;

/** Under which a voice is kept: one's own under who one is, because everybody is `user` to themselves. */
export function keptAs(personId: string, subject: string): string {
  return personId === OWN_PERSON ? OWN_PREFIX + subject : personId;
}

/** Whether a voice that is kept under this is somebody's own, known in their sessions only. */
export function isOwnVoice(keptId: string): boolean {
  return keptId.startsWith(OWN_PREFIX);
}

/** What conversations call a person that is kept under this. */
export function calledInTranscripts(keptId: string): string {
  return isOwnVoice(keptId) ? OWN_PERSON : keptId;
}
