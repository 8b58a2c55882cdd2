import { Injectable, Logger } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import { Clock } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { SessionDirectory } from '../../state/session-directory.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { MemoryKeyValueStore } from '../../state/store/memory-key-value-store.js';

/** From the answer to the media stream, which is there within seconds; an outbound call rings before. */
const MEDIA_TTL_MS = 120_000;
const CALL_TTL_MS = 24 * 3_600_000;
const EVENT = 'acs_event';

/** What a media stream is to become, decided when the call was answered or placed. */
export interface AcsCallPlan {
  readonly tenant: string;
  readonly scenario: string | undefined;
  readonly agent: string | undefined;
}

/** What the service tells about a call that has a session. */
export interface AcsCallEvent {
  readonly type: 'disconnected' | 'transferred' | 'transfer_failed';
  /** Codes of the service, for the log. */
  readonly detail: string;
}

/** A call with a session on this replica. */
export interface AcsLiveCall {
  receive(event: AcsCallEvent): void;
}

/** Calls of Azure Communication Services, on whichever replica their events and media streams arrive. */
@Injectable()
export class AcsLiveCalls {
  private readonly logger = new Logger('Acs');
  private readonly bySession = new Map<string, AcsLiveCall>();
  /** What could not be shared. The media stream of a call comes back here, where there is one replica or a balancer that sticks. */
  private readonly here: KeyValueStore;

  constructor(
    private readonly store: KeyValueStore,
    private readonly sessions: SessionDirectory,
    clock: Clock,
  ) {
    this.here = new MemoryKeyValueStore(clock);
    sessions.handle(EVENT, (session, event) => this.bySession.get(session.id)?.receive(event as AcsCallEvent));
  }

  /** For the address of a media stream: whoever opens it with this becomes the call, once. */
  async plan(plan: AcsCallPlan): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.keep(mediaKey(token), JSON.stringify(plan), MEDIA_TTL_MS);
    return token;
  }

  /** What the stream is to become; undefined for whoever was not told to come. Rejects with `state_unavailable`. */
  async take(token: string): Promise<AcsCallPlan | undefined> {
    const kept = (await this.here.take(mediaKey(token))) ?? (await this.store.take(mediaKey(token)));
    return kept === undefined ? undefined : (JSON.parse(kept) as AcsCallPlan);
  }

  /** Whose call it is, for who wants to end it. */
  async belongsTo(callId: string, tenant: string): Promise<void> {
    await this.keep(tenantKey(callId), tenant, CALL_TTL_MS);
  }

  async tenantOf(callId: string): Promise<string | undefined> {
    return (await this.here.get(tenantKey(callId))) ?? this.store.get(tenantKey(callId));
  }

  /** A call that has rung is worth more than its being known everywhere. */
  private async keep(key: string, value: string, ttlMs: number): Promise<void> {
    try {
      await this.store.set(key, value, ttlMs);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      this.logger.warn(`A call is known to this replica only: ${error.message}`);
      await this.here.set(key, value, ttlMs);
    }
  }

  /** The call has a session here. */
  bind(callId: string, sessionId: string, call: AcsLiveCall): void {
    this.bySession.set(sessionId, call);
    this.store.set(sessionKey(callId), sessionId, CALL_TTL_MS).catch((error: unknown) => {
      this.logger.warn(`Events of a call may not be found by other replicas: ${messageOf(error)}`);
    });
  }

  unbind(callId: string, sessionId: string): void {
    this.bySession.delete(sessionId);
    this.store.delete(sessionKey(callId)).catch(() => undefined);
  }

  /** Brings the event to the call's session, wherever it is; a call without one needs none. */
  async deliver(callId: string, event: AcsCallEvent): Promise<void> {
    try {
      const sessionId = await this.store.get(sessionKey(callId));
      if (sessionId !== undefined) await this.sessions.send(sessionId, EVENT, event);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      if (error.code !== 'not_found') this.logger.warn(`An event of a call was not delivered: ${error.message}`);
    }
  }
}

function mediaKey(token: string): string {
  return `acs-media:${createHash('sha256').update(token).digest('hex')}`;
}

function sessionKey(callId: string): string {
  return `acs-session:${callId}`;
}

function tenantKey(callId: string): string {
  return `acs-tenant:${callId}`;
}
