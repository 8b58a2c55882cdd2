/**
 * What a credential allows; each role may do what those before it may.
 * `caller`: hold a conversation. `integrator`: also make browser tokens for callers, and place calls. `operator`: also
 * see and end the sessions of the tenant, and look at the server. `admin`: the same for all tenants.
 */
export const roles = ['caller', 'integrator', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who is asking, as their credential says; nothing that a client may choose. */
export interface Principal {
  /** For the log: the id of a key, the subject of a token. Never the credential itself. */
  readonly subject: string;
  readonly tenant: string;
  readonly role: Role;
  /**
   * Who says so, where it is not our own list of keys, whose ids have neither ":" nor "/": `token:<credential>` for tokens
   * that somebody has made for pages, `oidc` for those of the issuer.
   */
  readonly via?: string;
}

/** One credential and no other, for limits and the audit log: a subject can be chosen by who makes a token for it. */
export function credentialOf({ subject, via }: Pick<Principal, 'subject' | 'via'>): string {
  return via === undefined ? subject : `${via}/${subject}`;
}

/** The tenant of those who need no credential, and of plain tokens. */
export const DEFAULT_TENANT = 'default';

export function hasRole(principal: Principal, needed: Role): boolean {
  return roles.indexOf(principal.role) >= roles.indexOf(needed);
}

/** Whether what belongs to `tenant` is any of theirs. */
export function mayAccess(principal: Principal, tenant: string): boolean {
  return principal.role === 'admin' || principal.tenant === tenant;
}
