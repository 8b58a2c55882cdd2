import { Injectable } from '@nestjs/common';
import { SpeakersConfig } from '../../config/speakers.config.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { Recordings } from '../../services/archive/recordings.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { calledInTranscripts } from '../../services/people/own-voice.js';
import { People } from '../../services/people/people.js';
import { MOST_SAMPLES } from '../../services/people/voice-print.js';
import { SpeakerEmbedder } from '../../speech/speaker-embedder.js';
import { cosineDistance } from '../../speech/speakers/cosine.js';
import { VOICE_RATE } from '../../speech/speakers/voice-audio.js';
import type { SampleRequest } from '../link/pusher-link.js';
import { sampleAudio } from './sample-audio.js';
import { type SamplePlan, planSample } from './sample-plan.js';
import { problemOfSample } from './sample-quality.js';

/** Why there was nothing to be learned, or that something was. */
export type LearningOutcome =
  | 'learned'
  | 'off'
  /** Enough is known of the voice, or this of it already. */
  | 'known'
  /** The conversation was deleted. */
  | 'gone'
  /** Somebody did not agree to be recorded. */
  | 'denied'
  /** The person was forgotten since. */
  | 'forgotten'
  /** Somebody else has said it, as is known by now. */
  | 'renamed';

/** Learns the voices of people from what conversations have of them. */
@Injectable()
export class VoiceLearning {
  constructor(
    private readonly config: SpeakersConfig,
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly people: People,
    private readonly embedder: SpeakerEmbedder,
    private readonly clock: Clock,
  ) {}

  /**
   * Rejects with an error that is retryable while it may still be learned, and with one that is not, and says why, when
   * what there is of the voice will not do. It quotes nothing of the conversation.
   * @param id of the sample, which is learned once
   */
  async learn(id: string, request: SampleRequest, signal: AbortSignal): Promise<LearningOutcome> {
    if (!this.people.enabled) return 'off';
    const { tenant, conversationId, personId, personName: name } = request;
    const record = await this.find(tenant, conversationId);
    if (!record?.listened) return 'gone';
    if (record.listened.consent === 'denied') return 'denied';
    if (await this.people.isForgotten(tenant, personId, record.startedAt)) return 'forgotten';
    if (await this.isKnown(id, request)) return 'known';
    const plan = this.plan(record, request);
    if (!plan) return 'renamed';
    const pcm = await this.audio(request, plan);
    const embedding = await this.embedding(pcm, signal);
    signal.throwIfAborted();
    const learnedAt = new Date(this.clock.wallTime()).toISOString();
    const { model } = this.embedder;
    const sample = { id, conversationId, learnedAt, embedding };
    const print = await this.people.learn(tenant, { personId, name, model }, sample, record.startedAt);
    // Whoever deletes it at the same time either finds what was learned from it, or is seen here.
    if (await this.conversations.isRemoved(tenant, conversationId)) {
      await this.people.forgetConversations(tenant, new Set([conversationId]));
      return 'gone';
    }
    return print ? 'learned' : 'forgotten';
  }

  private async find(tenant: string, conversationId: string): Promise<ConversationRecord | undefined> {
    if (await this.conversations.isRemoved(tenant, conversationId)) return undefined;
    const record = await this.conversations.find(tenant, conversationId);
    // It may lie on the disk of another process, because the store was away.
    if (!record) throw new ParleyError('not_found', 'The conversation is not in the store yet', true);
    return record;
  }

  private async isKnown(id: string, { tenant, personId }: SampleRequest): Promise<boolean> {
    const print = await this.people.find(tenant, personId);
    if (!print) return false;
    const isOfModel = print.model === this.embedder.model;
    return print.samples.some((sample) => sample.id === id) || (isOfModel && print.samples.length >= MOST_SAMPLES);
  }

  private plan(record: ConversationRecord, { segmentIds, personId }: SampleRequest): SamplePlan | undefined {
    const wish = { segmentIds, personId: calledInTranscripts(personId), leastMs: this.config.sampleMinMs };
    const plan = planSample(record.listened!, wish);
    if (!plan || 'stretches' in plan) return plan;
    const { problem, mayChange } = plan;
    throw refused(
      problem,
      mayChange === 'when_it_is_stored' || (mayChange === 'while_it_goes_on' && record.status === 'in_progress'),
    );
  }

  private async audio({ tenant, conversationId }: SampleRequest, plan: SamplePlan): Promise<Int16Array> {
    const pcm = await sampleAudio(this.recordings, tenant, conversationId, plan);
    if (pcm.length * 1000 < this.config.sampleMinMs * VOICE_RATE)
      throw refused('too little of its audio is archived', true);
    const problem = problemOfSample(pcm);
    if (problem !== undefined) throw refused(problem, false);
    return pcm;
  }

  private async embedding(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    const middle = pcm.length >> 1;
    const first = await this.embedder.embed(pcm.subarray(0, middle), signal);
    const second = await this.embedder.embed(pcm.subarray(middle), signal);
    if (cosineDistance(first, second) >= this.config.threshold)
      throw refused('it sounds like more than one person', false);
    return await this.embedder.embed(pcm, signal);
  }
}

function refused(problem: string, retryable: boolean): ParleyError {
  return new ParleyError('unsupported', `The voice is not learned: ${problem}`, retryable);
}
