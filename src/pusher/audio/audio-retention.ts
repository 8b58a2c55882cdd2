import { Injectable, Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { createHash } from 'node:crypto';
import { ArchiveConfig } from '../../config/archive.config.js';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { Clock, type Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import type { ArchivedPlace } from '../../services/archive/audio-archive.js';
import { Recordings } from '../../services/archive/recordings.js';
import { Conversations } from '../../services/conversations/conversations.js';

const DAY_MS = 86_400_000;
/** Not while the server starts. */
const FIRST_MS = 60_000;
/** What was recorded of a call may be there before its conversation is stored, if the store was away. */
const STORED_WITHIN_MS = DAY_MS;
/** Other things lie in the archive, too, under names that conversations do not have. */
const CONVERSATION = /^[\w.:@-]{1,128}$/;

const removed = metrics.getMeter('parley.recording').createCounter('recording.expired', {
  description: 'Conversations whose recordings were deleted by age, or because they were gone',
});

interface Found {
  expired: number;
  orphaned: number;
  /** Nobody knows a conversation of theirs, but the store may be another one than it was. */
  unclaimed: number;
}

/**
 * Deletes recordings that are old enough, and those whose conversation is gone: stores let conversations expire by
 * themselves. Looks at all there is now and then; whether a conversation is still there it asks once a day.
 */
@Injectable()
@Step({ name: 'retention', after: ['services', 'post_call'], timeoutMs: 5000 })
export class AudioRetention implements LifecycleStep {
  private readonly logger = new Logger('Retention');
  private timer: Timer | undefined;
  private sweeping: Promise<void> | undefined;
  private stopped = false;
  private failing = false;

  constructor(
    private readonly recordings: Recordings,
    private readonly conversations: Conversations,
    private readonly config: ArchiveConfig,
    private readonly conversationsConfig: ConversationsConfig,
    private readonly clock: Clock,
  ) {}

  start(): Promise<StepReport | void> {
    this.planNext(Math.min(FIRST_MS, this.config.retentionMs));
    const { ttlDays } = this.config;
    return Promise.resolve(ttlDays > 0 ? { summary: `recordings are kept for ${ttlDays} days` } : undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.sweeping;
  }

  private planNext(inMs: number): void {
    if (this.stopped) return;
    this.timer = this.clock.setTimeout(() => {
      this.sweeping = this.sweepOnce().finally(() => {
        this.sweeping = undefined;
        this.planNext(this.config.retentionMs);
      });
    }, inMs);
  }

  private async sweepOnce(): Promise<void> {
    const found: Found = { expired: 0, orphaned: 0, unclaimed: 0 };
    try {
      await this.sweep(found);
      this.failing = false;
    } catch (error) {
      // It is tried again; of one outage the first failure is told.
      if (!this.failing) this.logger.warn(`Recordings that are to be deleted cannot be: ${messageOf(error)}`);
      this.failing = true;
    }
    this.report(found);
  }

  private async sweep(found: Found): Promise<void> {
    const { conversations, config, clock } = this;
    const slices = Math.max(1, Math.round(DAY_MS / config.retentionMs));
    const slice = Math.floor(clock.wallTime() / config.retentionMs) % slices;
    const storesSince = new Map<string, boolean>();
    for await (const place of this.recordings.everywhere()) {
      if (this.stopped) return;
      const { conversationId, writtenAt } = place;
      if (!CONVERSATION.test(conversationId)) continue;
      const ageMs = clock.wallTime() - Date.parse(writtenAt);
      if (config.ttlDays > 0 && ageMs >= config.ttlDays * DAY_MS) {
        await this.clear(place);
        found.expired++;
      } else if (conversations.enabled && sliceOf(conversationId, slices) === slice) {
        const fate = await this.fateOf(place, ageMs, storesSince);
        if (fate === 'orphaned') await this.clear(place);
        if (fate !== 'kept') found[fate]++;
      }
    }
  }

  private async fateOf(
    { tenant, conversationId, writtenAt }: ArchivedPlace,
    ageMs: number,
    storesSince: Map<string, boolean>,
  ): Promise<'kept' | 'orphaned' | 'unclaimed'> {
    const { conversations } = this;
    if (await conversations.isRemoved(tenant, conversationId)) return 'orphaned';
    if (ageMs < STORED_WITHIN_MS || (await conversations.find(tenant, conversationId))) return 'kept';
    const { ttlDays } = this.conversationsConfig;
    if (ttlDays > 0 && ageMs >= ttlDays * DAY_MS) return 'orphaned';
    // A store that is new, or the wrong one, knows nothing of what was before: that proves nothing.
    const day = writtenAt.slice(0, 10);
    const key = JSON.stringify([tenant, day]);
    const knowsEarlier =
      storesSince.get(key) ?? (await conversations.list({ tenant, limit: 1, before: day })).length > 0;
    storesSince.set(key, knowsEarlier);
    return knowsEarlier ? 'orphaned' : 'unclaimed';
  }

  private async clear({ tenant, conversationId }: ArchivedPlace): Promise<void> {
    await this.recordings.clear(tenant, conversationId);
  }

  private report({ expired, orphaned, unclaimed }: Found): void {
    if (expired > 0) removed.add(expired, { reason: 'expired' });
    if (orphaned > 0) removed.add(orphaned, { reason: 'orphaned' });
    if (expired + orphaned > 0)
      this.logger.log(
        `Recordings of ${expired + orphaned} conversations were deleted: ${expired} were older than AUDIO_TTL_DAYS, of ${orphaned} the conversation is gone`,
      );
    if (unclaimed > 0)
      this.logger.warn(
        `Recordings of ${unclaimed} conversations are kept that CONVERSATION_STORE does not know, as it knows nothing of their time`,
      );
  }
}

/** Always the same one of a conversation. */
function sliceOf(conversationId: string, slices: number): number {
  return createHash('sha256').update(conversationId).digest().readUInt32BE(0) % slices;
}
