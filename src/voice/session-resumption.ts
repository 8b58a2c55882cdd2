import { Injectable, Logger } from '@nestjs/common';
import { ResumeStore, ResumeTicket } from '../conversation/resume/resume-store.js';
import type { ResumedSession } from '../conversation/session-start.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { SessionDirectory } from '../state/session-directory.js';
import type { Refusal } from './upgrade-policy.js';

const nothingThere: Refusal = {
  status: 404,
  code: 'resume_unknown',
  message: 'Parameter "resume": there is no such session, or it is too late, or somebody has gone on with it',
};

const SUPERSEDE = 'supersede';

/** Lets a client go on with a session whose connection was lost. */
@Injectable()
export class SessionResumption {
  private readonly logger = new Logger('Resume');

  constructor(
    private readonly store: ResumeStore,
    private readonly sessions: SessionDirectory,
  ) {
    sessions.handle(SUPERSEDE, (session) => session.close('superseded'));
  }

  /** Whether the token is that of a session which may be gone on with; false as well where nobody can tell. */
  async isKnown(tenant: string, token: string): Promise<boolean> {
    try {
      return (await this.store.find(new ResumeTicket(tenant, token))) !== undefined;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return false;
    }
  }

  /** Before the upgrade: the reason to refuse, if there is one. The old connection, if it is still there, ends now. */
  async prepare(tenant: string, token: string): Promise<Refusal | undefined> {
    try {
      const snapshot = await this.store.find(new ResumeTicket(tenant, token));
      if (!snapshot) return nothingThere;
      await this.endOld(snapshot.sessionId);
      return undefined;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return { status: 503, code: error.code, message: 'Sessions cannot be found at the moment', retryAfterSeconds: 5 };
    }
  }

  /** Its client knows better than we do that nobody listens there any more; and its slot is needed. */
  private async endOld(sessionId: string): Promise<void> {
    try {
      await this.sessions.send(sessionId, SUPERSEDE);
    } catch (error) {
      // It is not there any more, or its replica is not: that one will notice when it next looks.
      if (!(error instanceof ParleyError)) throw error;
    }
  }

  /**
   * After the upgrade: the session, for the first who asks. Rejects with `not_found` for everybody else, and with
   * `state_unavailable`.
   */
  async take(tenant: string, token: string): Promise<ResumedSession> {
    const ticket = new ResumeTicket(tenant);
    const snapshot = await this.store.take(new ResumeTicket(tenant, token), ticket);
    if (!snapshot) throw new ParleyError('not_found', nothingThere.message);
    return { snapshot, ticket };
  }

  /** The session could not be built: the client may try again with the same token. Never rejects. */
  async giveBack(tenant: string, token: string, { snapshot }: ResumedSession): Promise<void> {
    try {
      await this.store.giveBack(new ResumeTicket(tenant, token), snapshot);
    } catch (error) {
      this.logger.warn(`A session could not be kept for another try: ${messageOf(error)}`);
    }
  }
}
