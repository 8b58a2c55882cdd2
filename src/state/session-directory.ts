import { Injectable } from '@nestjs/common';
import { ParleyError } from '../kernel/errors.js';
import { Replica } from './replica.js';
import { type LiveSession, SessionRegistry } from './session-registry.js';
import { summaryOf } from './session-summary.js';
import { type LocatedSession, type SessionRequest, SharedState } from './shared-state.js';

/** Does something with a session of this replica; what it returns is JSON-able, and goes to whoever asked. */
export type SessionHandler = (session: LiveSession, body: unknown) => unknown;

/** The sessions of all replicas, wherever they are. */
@Injectable()
export class SessionDirectory {
  private readonly handlers = new Map<string, SessionHandler>();

  constructor(
    private readonly registry: SessionRegistry,
    private readonly replica: Replica,
    private readonly shared: SharedState,
  ) {
    this.handle('describe', (session) => session.describe());
    this.handle('pause', (session) => session.pause());
    this.handle('resume', (session) => session.resume());
    this.handle('hang_up', (session) => session.close('operator'));
    shared.peers.serve((request) => this.answer(request));
  }

  /** `complete` is false while only the sessions of this replica are known. */
  async list(): Promise<{ complete: boolean; sessions: LocatedSession[] }> {
    const own = this.registry.list().map((session) => ({ ...session.describe(), replica: this.replica.id }));
    try {
      return { complete: true, sessions: [...own, ...(await this.shared.peers.sessions())] };
    } catch {
      return { complete: false, sessions: own };
    }
  }

  /** How it is doing, as its replica says. Rejects as `send` does. */
  async describe(sessionId: string): Promise<LocatedSession> {
    const own = this.registry.get(sessionId);
    if (own) return { ...own.describe(), replica: this.replica.id };
    const found = await this.find(sessionId);
    const now = await this.shared.peers.ask(found.replica, { session: sessionId, type: 'describe', body: null });
    return { ...(summaryOf(sessionId, now) ?? found), replica: found.replica };
  }

  /** Resolves when the session is over. Rejects as `send` does. */
  async hangUp(sessionId: string): Promise<void> {
    await this.send(sessionId, 'hang_up');
  }

  /** What this replica does when a message of `type` comes for one of its sessions, from itself or from another. */
  handle(type: string, handler: SessionHandler): void {
    this.handlers.set(type, handler);
  }

  /**
   * Sends a message to a session, on whichever replica, and resolves with the answer of its handler. Rejects with
   * `not_found` if there is no such session, `state_unavailable` if it cannot be looked for, `timeout` if its replica
   * does not answer, and with the handler's own error.
   * @param body JSON-able.
   */
  async send(sessionId: string, type: string, body: unknown = null): Promise<unknown> {
    const request: SessionRequest = { session: sessionId, type, body };
    if (this.registry.get(sessionId)) return await this.answer(request);
    const { replica } = await this.find(sessionId);
    return await this.shared.peers.ask(replica, request);
  }

  private async find(sessionId: string): Promise<LocatedSession> {
    const found = await this.shared.peers.find(sessionId);
    if (!found) throw noSuchSession();
    return found;
  }

  private async answer({ session: id, type, body }: SessionRequest): Promise<unknown> {
    const session = this.registry.get(id);
    if (!session) throw noSuchSession();
    const handler = this.handlers.get(type);
    if (!handler) throw new ParleyError('unsupported', `There is nothing to do with "${type}"`);
    return await handler(session, body);
  }
}

function noSuchSession(): ParleyError {
  return new ParleyError('not_found', 'There is no such session');
}
