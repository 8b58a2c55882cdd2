import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { VoiceConfig } from '../../config/voice.config.js';
import { Aborted } from '../../kernel/abort.js';
import { Clock } from '../../kernel/clock.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { type SessionSnapshot, parseSnapshot } from './session-snapshot.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Between tries to keep the last of a session while the store is away. */
const RETRY_MS = 1000;

/** What a client gets to come back with: it opens one session of one tenant, once. */
export class ResumeTicket {
  /** Whose session a key in the store is: the token itself is not kept. */
  readonly key: string;
  private readonly secret: Buffer;

  /** @param token a new one if undefined. */
  constructor(
    readonly tenant: string,
    readonly token: string = randomBytes(32).toString('base64url'),
  ) {
    this.key = `resume:${tenant}:${createHash('sha256').update(token).digest('hex')}`;
    this.secret = Buffer.from(hkdfSync('sha256', token, tenant, 'parley session snapshot', 32));
  }

  /** What was said lies in the store only as what the client's token can open. */
  seal(snapshot: SessionSnapshot): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.secret, iv);
    const sealed = [cipher.update(JSON.stringify(snapshot), 'utf8'), cipher.final()];
    return Buffer.concat([iv, ...sealed, cipher.getAuthTag()]).toString('base64');
  }

  open(sealed: string): SessionSnapshot | undefined {
    try {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.secret, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const opened = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
      return parseSnapshot(Buffer.concat(opened).toString('utf8'));
    } catch {
      return undefined;
    }
  }
}

/** Sessions that may go on after their connection was lost, on whichever replica the client comes back to. */
@Injectable()
export class ResumeStore implements OnApplicationShutdown {
  private readonly closing = new AbortController();

  constructor(
    private readonly store: KeyValueStore,
    private readonly config: VoiceConfig,
    private readonly clock: Clock,
  ) {}

  onApplicationShutdown(): void {
    this.closing.abort(new Aborted('shutdown'));
  }

  get enabled(): boolean {
    return this.config.resumeMs > 0;
  }

  /** How often the snapshot of a live session is written even if nothing has changed. */
  get refreshMs(): number {
    return Math.ceil(this.config.resumeMs / 3);
  }

  /**
   * Keeps what a live session has come to. False when the session goes on elsewhere already.
   * Each of these rejects with `state_unavailable` when the store cannot be reached.
   */
  keep(ticket: ResumeTicket, snapshot: SessionSnapshot): Promise<boolean> {
    return this.put(ticket, snapshot, this.config.resumeMs + this.refreshMs);
  }

  /**
   * The last of a session whose connection was lost: the time in which the client may come back begins. Tries on by itself
   * for that time when the store cannot be reached.
   */
  async keepLast(ticket: ResumeTicket, snapshot: SessionSnapshot): Promise<void> {
    const { resumeMs } = this.config;
    try {
      await this.put(ticket, snapshot, resumeMs);
    } catch (error) {
      void this.keepLater(ticket, snapshot, this.clock.now() + resumeMs);
      throw error;
    }
  }

  private async keepLater(ticket: ResumeTicket, snapshot: SessionSnapshot, until: number): Promise<void> {
    for (;;) {
      const leftMs = until - this.clock.now();
      if (leftMs <= 0) return;
      try {
        await this.clock.delay(Math.min(RETRY_MS, leftMs), this.closing.signal);
        await this.put(ticket, snapshot, leftMs);
        return;
      } catch {
        if (this.closing.signal.aborted) return;
      }
    }
  }

  private async put(ticket: ResumeTicket, snapshot: SessionSnapshot, ttlMs: number): Promise<boolean> {
    const sealed = ticket.seal(snapshot);
    if (await this.store.replace(ticket.key, sealed, ttlMs)) return true;
    // Not there: it is new, or the store has lost it, or somebody has come back with the token.
    const owner = await this.store.get(ownerKey(snapshot.sessionId));
    if (owner !== undefined && owner !== ticket.key) return false;
    await this.store.set(ownerKey(snapshot.sessionId), ticket.key, ttlMs * 2);
    await this.store.set(ticket.key, sealed, ttlMs);
    return true;
  }

  /** The session has ended for good. */
  async forget(ticket: ResumeTicket, sessionId: string): Promise<void> {
    await this.store.delete(ticket.key);
    await this.store.delete(ownerKey(sessionId));
  }

  /** Whether there is something to come back to; it stays where it is. */
  async find(ticket: ResumeTicket): Promise<SessionSnapshot | undefined> {
    const sealed = await this.store.get(ticket.key);
    return sealed === undefined ? undefined : ticket.open(sealed);
  }

  /** Of all who come with the same token, one gets the session; from then on it is `next`'s. */
  async take(ticket: ResumeTicket, next: ResumeTicket): Promise<SessionSnapshot | undefined> {
    const sealed = await this.store.take(ticket.key);
    const snapshot = sealed === undefined ? undefined : ticket.open(sealed);
    if (!snapshot) return undefined;
    await this.store.set(ownerKey(snapshot.sessionId), next.key, (this.config.resumeMs + this.refreshMs) * 2);
    return snapshot;
  }

  /** Undoes `take`. */
  async giveBack(ticket: ResumeTicket, snapshot: SessionSnapshot): Promise<void> {
    await this.store.set(ticket.key, ticket.seal(snapshot), this.config.resumeMs);
    await this.store.delete(ownerKey(snapshot.sessionId));
  }
}

function ownerKey(sessionId: string): string {
  return `resume-owner:${sessionId}`;
}
