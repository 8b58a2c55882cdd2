import { metrics } from '@opentelemetry/api';
import { Aborted, untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { StoreOutage } from '../store-outage.js';
import { isRefusal } from '../store-refusal.js';
import type { AudioArchive } from './audio-archive.js';
import type { PieceJournal, PieceKey } from './piece-journal.js';

const CLOSE_LIMIT_MS = 3000;

const meter = metrics.getMeter('parley.recording');
const pieces = meter.createCounter('recording.pieces', {
  description: 'Pieces of recordings, by what became of them',
});
const written = meter.createCounter('recording.bytes', {
  unit: 'By',
  description: 'What of recordings was written to the archive',
});

/**
 * What became of a piece. `archived`, `journaled`: it is safe. `refused`: the archive will never take it; it lies in DATA_DIR.
 * `removed`: its conversation was. `no_room`: neither the archive nor the journal could take it.
 */
export type Delivered = 'archived' | 'journaled' | 'refused' | 'removed' | 'no_room';

export interface PieceDeliveryParts {
  readonly archive: AudioArchive;
  readonly journal: PieceJournal;
  readonly clock: Clock;
  /** Whether the recordings of the conversation were removed: nothing of it is to come afterwards. Never rejects. */
  isRemoved(tenant: string, conversationId: string): Promise<boolean>;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * Brings pieces of recordings to the archive. What it does not take goes into the journal, and from there to the archive once
 * it works again, also after a restart.
 */
export class PieceDelivery {
  private readonly outage: StoreOutage;
  private replaying: Promise<void> | undefined;
  private refusedPieces = 0;
  private closed = false;
  private readonly stopped = new AbortController();

  constructor(private readonly parts: PieceDeliveryParts) {
    this.outage = new StoreOutage({
      clock: parts.clock,
      store: 'The audio archive',
      item: 'A piece of a recording',
      whenFailing: 'Recordings are kept in DATA_DIR until they can be written',
      onTry: () => void this.replay(),
      log: (level, message) => parts.log(level, message),
    });
  }

  get failing(): boolean {
    return this.outage.lasts;
  }

  /** Those that wait on the disk. */
  get waiting(): number {
    return this.parts.journal.size;
  }

  /** What the archive will never take, of this process. */
  get refused(): number {
    return this.refusedPieces;
  }

  /** What was left over by the process before. Never rejects. @param problem why the archive cannot be used yet. */
  async start(problem?: unknown): Promise<void> {
    const { journal } = this.parts;
    try {
      await journal.open();
    } catch (error) {
      this.parts.log('error', `Recordings that are kept in DATA_DIR cannot be read: ${messageOf(error)}`);
    }
    if (journal.size > 0) this.parts.log('info', `${journal.size} pieces of recordings wait to be written again`);
    if (problem !== undefined) this.outage.fails(problem);
    else if (journal.size > 0) void this.replay();
  }

  /** Rejects when the disk does not work. */
  async deliver(key: PieceKey, bytes: Uint8Array): Promise<Delivered> {
    let refused = false;
    // One that fails is not asked by everybody: the replay finds out when it is back.
    if (!this.failing && !this.stopped.signal.aborted) {
      try {
        return await this.put(key, bytes);
      } catch (error) {
        refused = this.refuses(error, key);
        if (!refused) this.fails(error, key);
      }
    }
    const kept = await this.keepOnDisk(key, bytes);
    if (refused && kept === 'journaled') {
      this.parts.journal.forget(key);
      return 'refused';
    }
    // It may have come back while this was on its way to the disk.
    if (!this.failing) this.outage.tryLater();
    return kept;
  }

  /** @param pending what is still to be delivered; once it settles, or after a while, the archive is not waited for any more. */
  async close(pending: Promise<unknown>): Promise<void> {
    this.closed = true;
    this.outage.stop();
    const limit = new AbortController();
    const over = this.parts.clock.delay(CLOSE_LIMIT_MS, limit.signal).catch(() => undefined);
    await Promise.race([Promise.all([pending, this.replaying]), over]);
    limit.abort(new Aborted('completed'));
    // An archive that hangs must not hold up the end of the process.
    this.stopped.abort(new Aborted('shutdown'));
    await this.replaying;
  }

  /** What waits of it on the disk is dropped. Rejects with `store_failed` when that does not work. */
  async forget(tenant: string, conversationId: string): Promise<void> {
    await this.parts.journal.removeAll(tenant, conversationId);
  }

  private async put(key: PieceKey, bytes: Uint8Array): Promise<Delivered> {
    const { archive } = this.parts;
    const { tenant, conversationId } = key;
    this.stopped.signal.throwIfAborted();
    await untilAborted(this.write(key, bytes), this.stopped.signal);
    const isRemoved = await this.parts.isRemoved(tenant, conversationId);
    if (isRemoved) await archive.removeAll(tenant, conversationId);
    this.outage.works(textOf(key));
    return isRemoved ? 'removed' : 'archived';
  }

  private async write({ tenant, conversationId, name }: PieceKey, bytes: Uint8Array): Promise<void> {
    await this.parts.archive.put(tenant, conversationId, name, bytes, 'audio/wav');
    pieces.add(1, { outcome: 'written' });
    written.add(bytes.length);
  }

  private async keepOnDisk(key: PieceKey, bytes: Uint8Array): Promise<Delivered> {
    if (await this.parts.isRemoved(key.tenant, key.conversationId)) return 'removed';
    if (!(await this.parts.journal.write(key, bytes))) return 'no_room';
    pieces.add(1, { outcome: 'journaled' });
    return 'journaled';
  }

  /** Whether it is the piece that the archive does not want, or that cannot be read any more. */
  private refuses(error: unknown, key: PieceKey): boolean {
    const cannotBeRead = error instanceof ParleyError && error.code === 'key_missing';
    if (!isRefusal(error) && !cannotBeRead) return false;
    this.refusedPieces++;
    pieces.add(1, { outcome: 'refused' });
    this.parts.log('error', `The archive refuses ${textOf(key)}, it stays in DATA_DIR: ${messageOf(error)}`);
    return true;
  }

  /** Whether it makes no sense to try others. */
  private fails(error: unknown, key?: PieceKey): boolean {
    return this.closed || this.outage.fails(error, key && textOf(key));
  }

  /** Brings what is in the journal to the archive, as far as it takes it. */
  private replay(): Promise<void> {
    return (this.replaying ??= this.bringAll()
      .catch((error: unknown) => void this.fails(error))
      .finally(() => {
        this.replaying = undefined;
        if (this.parts.journal.size > 0) this.outage.tryLater();
      }));
  }

  private async bringAll(): Promise<void> {
    for (const key of this.parts.journal.keys) {
      if (this.closed || !(await this.bring(key))) return;
    }
    // There was nothing to find out with.
    if (!this.failing || this.closed) return;
    await this.parts.archive.check();
    this.outage.works();
  }

  /** Whether it makes sense to try others. */
  private async bring(key: PieceKey): Promise<boolean> {
    const { journal } = this.parts;
    try {
      const bytes = await journal.read(key);
      if (bytes) await this.put(key, bytes);
      await journal.remove(key);
      return true;
    } catch (error) {
      if (this.refuses(error, key)) {
        journal.forget(key);
        return true;
      }
      // One that always fails must not keep all others from being tried.
      journal.postpone(key);
      return !this.fails(error, key);
    }
  }
}

function textOf({ tenant, conversationId, name }: PieceKey): string {
  return `${tenant}/${conversationId}/${name}`;
}
