/** In place of a session's id: who takes something of a pool that nobody has called for. */
export const OWN_USE = { warmUp: 'warmup', probe: 'probe' } as const;

const names: ReadonlySet<string> = new Set(Object.values(OWN_USE));

/** Whether it is no session: what is counted of callers does not count it. */
export function isOwnUse(sessionId: string): boolean {
  return names.has(sessionId);
}
