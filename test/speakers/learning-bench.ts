import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeWav } from '../../src/audio/wav.js';
import { ArchiveConfig } from '../../src/config/archive.config.js';
import { ConversationsConfig } from '../../src/config/conversations.config.js';
import { loadConfig } from '../../src/config/load.js';
import { SpeakersConfig } from '../../src/config/speakers.config.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { SampleRequest } from '../../src/pusher/link/pusher-link.js';
import { type LearningOutcome, VoiceLearning } from '../../src/pusher/speakers/voice-learning.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import type { ConversationRecord, Listened, Segment } from '../../src/services/conversations/conversation-record.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { People } from '../../src/services/people/people.js';
import type { SpeakerEmbedder } from '../../src/speech/speaker-embedder.js';
import { MemoryKeyValueStore } from '../../src/state/store/memory-key-value-store.js';
import { HummedVoices } from './hummed-voices.js';

const never = new AbortController().signal;

export const ANN: SampleRequest = {
  tenant: 'acme',
  conversationId: 'c1',
  segmentIds: ['a'],
  personId: 'p1',
  personName: 'Ann',
};

/** What somebody says, in seconds; the customer unless it is changed. */
export function said(id: string, start: number, end: number, changes: Partial<Segment> = {}): Segment {
  const known = { id, start, end, text: 'Something private.', stt_provider: 'scripted' };
  return { ...known, speaker: 'SPEAKER_01', speaker_id: 1, is_user: false, person_id: null, ...changes };
}

/** A conversation of two legs that is over. */
export function conversation(
  segments: Segment[],
  heard: Partial<Listened> = {},
  changes: Partial<ConversationRecord> = {},
): ConversationRecord {
  const listened: Listened = {
    owner: 'session',
    language: 'en',
    source: null,
    channels: 2,
    consent: 'unknown',
    segments,
    gaps: [],
    people: {},
    ...heard,
  };
  return {
    id: 'c1',
    kind: 'listen',
    tenant: 'acme',
    scenario: '',
    agent: '',
    status: 'completed',
    startedAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:05:00.000Z',
    endReason: 'silence',
    entries: [],
    listened,
    ...changes,
  };
}

/** Conversations in SQLite, their audio on the disk, and people beside it. */
export class LearningBench {
  readonly voices = new HummedVoices();
  private learned = 0;

  private constructor(
    private readonly folder: string,
    readonly conversations: Conversations,
    readonly recordings: Recordings,
    readonly people: People,
    private readonly config: SpeakersConfig,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<LearningBench> {
    const clock = new SystemClock();
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-voices-'));
    const on = { SPEAKER_ID: 'http', SPEAKER_EMBEDDER_URL: 'http://127.0.0.1:9' };
    const { values } = loadConfig({ DATA_DIR: folder, ...on, ...env });
    const kept = values.get(ConversationsConfig) as ConversationsConfig;
    const config = values.get(SpeakersConfig) as SpeakersConfig;
    const marks = new MemoryKeyValueStore(clock);
    const conversations = new Conversations(kept, marks, clock);
    const recordings = new Recordings(values.get(ArchiveConfig) as ArchiveConfig, kept, marks, clock);
    await conversations.start(never);
    await recordings.start(never);
    return new LearningBench(folder, conversations, recordings, new People(config, recordings, marks, clock), config);
  }

  async stop(): Promise<void> {
    await this.recordings.stop();
    await this.conversations.stop();
    await rm(this.folder, { recursive: true });
  }

  async store(record: ConversationRecord): Promise<void> {
    await this.conversations.change(record.tenant, record.id, () => record);
  }

  /** A file of the conversation's audio. @param startMs where it begins @param channels our side first */
  async archive(startMs: number, sampleRate: number, channels: readonly Int16Array[], id = 'c1'): Promise<void> {
    const name = `${String(startMs).padStart(9, '0')}.wav`;
    const files = await this.recordings.files();
    await files.put('acme', id, name, writeWav({ sampleRate, channels }), 'audio/wav');
  }

  learning(embedder: SpeakerEmbedder = this.voices): VoiceLearning {
    const { config, conversations, recordings, people } = this;
    return new VoiceLearning(config, conversations, recordings, people, embedder, new SystemClock());
  }

  learn(request: SampleRequest = ANN, id = `sample-${++this.learned}`): Promise<LearningOutcome> {
    return this.learning().learn(id, request, never);
  }
}
