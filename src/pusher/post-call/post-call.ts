import { Injectable, Logger } from '@nestjs/common';
import { LlmConfig } from '../../config/llm.config.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { LlmClient } from '../../llm/llm-client.js';
import { Recordings } from '../../services/archive/recordings.js';
import type { ConversationRecord, Insights } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import type { ProcessRequest, ProcessResult } from '../link/pusher-link.js';
import { measuresOf } from './call-measures.js';
import { type CallTurn, turnsOf } from './call-turns.js';
import { readWithModel } from './read-with-model.js';
import { type Reading, readByRules } from './rules.js';

type Read = Pick<Insights, 'made_by' | 'model' | 'notice'> & Reading;

export interface PostCallAttendant {
  /** It is over, and is read now: `updatedAt` is when it ended. */
  begun(record: ConversationRecord): Promise<void>;
  /** It has its insights. */
  done(record: ConversationRecord): Promise<void>;
}

type Verdict = 'ours' | 'processed' | 'discarded' | 'fenced' | 'gone';

/** How long a conversation that is not there is looked for. */
const MISSED_MS = 10_000;
const FORGET_MISSING_MS = 3_600_000;

/**
 * Finds out what a conversation was about, once. Several workers may be given the same conversation, one after the other or,
 * if one has been taken for dead, at the same time: each notes in the conversation that it has begun, and only who began
 * last can write what it found.
 */
@Injectable()
export class PostCall {
  private readonly logger = new Logger('PostCall');
  /** Jobs whose conversation is not there, and since when that is known. */
  private readonly missing = new Map<string, number>();

  constructor(
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly model: LlmClient,
    private readonly llm: LlmConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves with what became of it, however often it is asked. Rejects with a retryable error while it cannot be told.
   * @param attendant hears of each step before it counts as done; more than once if this was broken off.
   */
  async process(request: ProcessRequest, attendant: PostCallAttendant, signal: AbortSignal): Promise<ProcessResult> {
    const { verdict, record } = await this.claim(request);
    const { jobId, conversationId } = request;
    if (verdict === 'gone' || verdict === 'discarded') return { jobId, conversationId, outcome: 'discarded' };
    if (verdict === 'fenced' || !record) return { jobId, conversationId, outcome: 'fenced' };
    const turns = turnsOf(record);
    if (verdict === 'ours' && turns.length === 0) {
      await this.discard(record);
      return { jobId, conversationId, outcome: 'discarded' };
    }
    if (verdict === 'ours') await attendant.begun(record);
    const done = verdict === 'ours' ? await this.commit(record, await this.insights(record, turns, signal)) : record;
    await attendant.done(done);
    const { title, overview } = done.insights!;
    return { jobId, conversationId, outcome: 'processed', title, overview };
  }

  /** From now on nobody who has begun before can write. */
  private async claim({ jobId: job_id, generation, tenant, conversationId }: ProcessRequest): Promise<{
    verdict: Verdict;
    record?: ConversationRecord;
  }> {
    const seen: { verdict: Verdict; record?: ConversationRecord } = { verdict: 'gone' };
    const claimed = await this.conversations.change(tenant, conversationId, (stored) => {
      if (stored) seen.record = stored;
      seen.verdict = stored ? verdictOn(stored, generation) : 'gone';
      if (!stored || seen.verdict !== 'ours') return undefined;
      const { processing } = stored;
      const epoch = processing?.generation === generation ? processing.epoch + 1 : 1;
      return {
        ...stored,
        status: 'processing',
        endReason: stored.endReason ?? 'abandoned',
        processing: { job_id, generation, epoch },
      };
    });
    if (claimed) return { verdict: 'ours', record: claimed };
    if (seen.record && seen.verdict !== 'ours') return seen;
    if ((await this.conversations.isRemoved(tenant, conversationId)) || this.isMissed(job_id))
      return { verdict: 'gone' };
    // It was there when this was asked for; a store with several copies may take a while.
    throw new ParleyError('not_found', 'The conversation is not in the store yet', true);
  }

  /** Whether it has been looked for long enough: it was deleted through a process that cannot tell us. */
  private isMissed(jobId: string): boolean {
    const now = this.clock.now();
    const since = this.missing.get(jobId);
    for (const [id, at] of this.missing) if (now - at > FORGET_MISSING_MS) this.missing.delete(id);
    if (since === undefined) this.missing.set(jobId, now);
    return since !== undefined && now - since >= MISSED_MS;
  }

  private async insights(
    record: ConversationRecord,
    turns: readonly CallTurn[],
    signal: AbortSignal,
  ): Promise<Insights> {
    // What is read out of words that were redacted one by one may hold what they only have together.
    const read = eachText(await this.read(record, turns, signal), this.conversations.redact);
    signal.throwIfAborted();
    const { job_id, generation } = record.processing!;
    const processed_at = new Date(this.clock.wallTime()).toISOString();
    return { job_id, generation, processed_at, ...read, measures: measuresOf(turns, durationOf(record)) };
  }

  private async read(record: ConversationRecord, turns: readonly CallTurn[], signal: AbortSignal): Promise<Read> {
    const byRules = (notice: string): Read => ({
      made_by: 'extractive',
      model: null,
      notice,
      ...readByRules(record, turns),
    });
    if (this.llm.models.every((name) => name === 'embedded'))
      return byRules('LLM_MODELS names no model that can read a conversation');
    try {
      const name = this.model.models().find(({ state }) => state !== 'open')?.name ?? this.model.name;
      const limits = { signal, clock: this.clock, limitMs: this.llm.totalMs };
      const found = await readWithModel(this.model, turns, limits);
      if ('reading' in found) return { made_by: 'model', model: name, notice: null, ...found.reading };
      return byRules(`the answer of ${name} did not fit, twice: ${found.problem}`);
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof ParleyError ? messageOf(error) : 'the model failed';
      this.logger.warn(`No model has read conversation ${record.id}: ${problem}`);
      return byRules(problem);
    }
  }

  private async commit(claimed: ConversationRecord, insights: Insights): Promise<ConversationRecord> {
    const written = await this.whileOurs(claimed, (stored) => ({
      ...stored,
      status: 'completed',
      updatedAt: insights.processed_at,
      insights,
    }));
    if (!written) throw new ParleyError('conflict', 'Another worker has begun with this conversation', true);
    return written;
  }

  private async discard(claimed: ConversationRecord): Promise<void> {
    const { tenant, id, kind } = claimed;
    if (kind === 'voice') {
      await this.whileOurs(claimed, (stored) => ({ ...stored, status: 'discarded' }));
      return;
    }
    await this.recordings.removeAll(tenant, id);
    await this.conversations.remove(tenant, id);
  }

  /** Undefined if another worker has begun since, or it was removed. */
  private whileOurs(
    claimed: ConversationRecord,
    change: (stored: ConversationRecord) => ConversationRecord,
  ): Promise<ConversationRecord | undefined> {
    const { tenant, id, processing } = claimed;
    return this.conversations.change(tenant, id, (stored) =>
      stored?.processing?.generation === processing?.generation && stored?.processing?.epoch === processing?.epoch
        ? stored && change(stored)
        : undefined,
    );
  }
}

function verdictOn({ status, insights }: ConversationRecord, generation: number): Verdict {
  const found = insights?.generation ?? 0;
  if (found > generation) return 'fenced';
  if (found === generation) return 'processed';
  return status === 'discarded' ? 'discarded' : 'ours';
}

/** Of one that was listened to, as long as somebody spoke: what came then was the wait for more. */
function durationOf({ kind, startedAt, updatedAt, insights }: ConversationRecord): number {
  if (kind === 'listen') return 0;
  return insights?.measures.duration_ms ?? Date.parse(updatedAt) - Date.parse(startedAt);
}

function eachText<T>(value: T, change: (text: string) => string): T {
  const visit = (one: unknown): unknown => {
    if (typeof one === 'string') return change(one);
    if (Array.isArray(one)) return one.map(visit);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(value) as T;
}
