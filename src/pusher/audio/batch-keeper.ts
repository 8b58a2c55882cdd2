import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { nameOfPiece } from '../../services/archive/piece-name.js';
import type { Delivered } from '../../services/archive/piece-delivery.js';
import type { Recordings } from '../../services/archive/recordings.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import type { AudioBatch } from './audio-batch.js';
import { type PieceFormat, encodeBatch } from './listened-piece.js';

/** Whoever listens may not have been able to store the conversation yet; if it is not there by then, it was deleted. */
const PATIENCE_MS = 20_000;
/** Of which it is remembered when they began. */
const MOST_REMEMBERED = 2000;

export type Kept = Exclude<Delivered, 'no_room'>;

export interface BatchKeeperParts {
  readonly conversations: Pick<Conversations, 'find' | 'isRemoved'>;
  readonly recordings: Pick<Recordings, 'deliver' | 'removeAll'>;
  readonly clock: Clock;
  readonly format: PieceFormat;
}

/** Makes files of batches, and has them kept where their conversations are; of deleted ones nothing is. */
export class BatchKeeper {
  /** Unix ms, by tenant and conversation; what was used last comes last. */
  private readonly starts = new Map<string, number>();
  /** Since when a conversation is looked for in vain. */
  private readonly missing = new WeakMap<AudioBatch, number>();

  constructor(private readonly parts: BatchKeeperParts) {}

  /** Rejects as long as it can be kept nowhere, or it is not known whether there is such a conversation: then it can be tried again. */
  async keep(tenant: string, batch: AudioBatch): Promise<Kept> {
    const { recordings } = this.parts;
    const { conversationId } = batch;
    const startedAt = await this.startOf(tenant, batch);
    if (startedAt === undefined) return 'removed';
    const startMs = batch.startMs - startedAt;
    // What comes before the conversation is no part of it, if it is more than times are rounded by.
    const skip = startMs <= -1 ? Math.min(batch.frames, Math.round((-startMs * batch.sampleRate) / 1000)) : 0;
    if (skip === batch.frames) return 'removed';
    const bytes = await encodeBatch(batch, this.parts.format, skip);
    const fromMs = Math.max(0, startMs);
    const name = nameOfPiece(fromMs, fromMs + ((batch.frames - skip) * 1000) / batch.sampleRate);
    const outcome = await recordings.deliver({ tenant, conversationId, name }, bytes);
    if (outcome === 'no_room') throw new ParleyError('store_failed', 'RECORDING_JOURNAL_BYTES are used up', true);
    // It may have been deleted while this was on its way, by somebody who did not see it.
    if (outcome === 'removed' || !(await this.isGone(tenant, conversationId))) return outcome;
    await recordings.removeAll(tenant, conversationId);
    return 'removed';
  }

  /** Undefined if the conversation is gone. */
  private async startOf(tenant: string, batch: AudioBatch): Promise<number | undefined> {
    const { conversations, clock } = this.parts;
    const { conversationId } = batch;
    const key = JSON.stringify([tenant, conversationId]);
    const known = this.starts.get(key);
    if (known !== undefined) {
      const isGone = await this.isGone(tenant, conversationId);
      if (isGone) this.starts.delete(key);
      else this.remember(key, known);
      return isGone ? undefined : known;
    }
    if (await conversations.isRemoved(tenant, conversationId)) return undefined;
    const found = await conversations.find(tenant, conversationId);
    if (found) return this.remember(key, Date.parse(found.startedAt));
    const since = this.missing.get(batch) ?? clock.now();
    this.missing.set(batch, since);
    if (clock.now() - since >= PATIENCE_MS) return undefined;
    throw new ParleyError('not_found', 'The conversation is not in the store yet', true);
  }

  /** While the store cannot be asked, what was there counts as there. */
  private async isGone(tenant: string, conversationId: string): Promise<boolean> {
    const { conversations } = this.parts;
    if (await conversations.isRemoved(tenant, conversationId)) return true;
    try {
      return (await conversations.find(tenant, conversationId)) === undefined;
    } catch {
      return false;
    }
  }

  private remember(key: string, startedAt: number): number {
    this.starts.delete(key);
    this.starts.set(key, startedAt);
    const [oldest] = this.starts.keys();
    if (this.starts.size > MOST_REMEMBERED && oldest !== undefined) this.starts.delete(oldest);
    return startedAt;
  }
}
