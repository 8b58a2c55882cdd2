import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readWav } from '../../src/audio/wav.js';
import { ArchiveConfig } from '../../src/config/archive.config.js';
import { loadConfig } from '../../src/config/load.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { ArchiveAudioSink } from '../../src/pusher/audio/archive-audio-sink.js';
import type { AudioUpload, UploadOptions } from '../../src/pusher/server/audio-sink.js';
import { archiveFailed } from '../../src/services/archive/audio-archive.js';
import { DiskArchive } from '../../src/services/archive/disk/disk-archive.js';
import { PieceDelivery } from '../../src/services/archive/piece-delivery.js';
import { PieceJournal } from '../../src/services/archive/piece-journal.js';
import { timesOfPiece } from '../../src/services/archive/piece-name.js';
import type { Recordings } from '../../src/services/archive/recordings.js';
import type { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import { START } from './link-bench.js';

/** Files, as long as they can be written. */
class FaultyDisk extends DiskArchive {
  fault: 'none' | 'fails' | 'refuses' | 'hangs' = 'none';
  puts = 0;
  /** Called before something is put. */
  onPut: (conversationId: string) => void = () => undefined;
  private readonly released: (() => void)[] = [];

  override async put(tenant: string, conversationId: string, name: string, bytes: Uint8Array): Promise<void> {
    this.puts++;
    this.onPut(conversationId);
    if (this.fault === 'hangs') await new Promise<void>((resolve) => this.released.push(resolve));
    if (this.fault === 'fails' || this.fault === 'refuses') throw archiveFailed('no', this.fault === 'fails');
    await super.put(tenant, conversationId, name, bytes);
  }

  /** What hangs goes on. */
  release(): void {
    for (const resolve of this.released.splice(0)) resolve();
  }
}

export interface FoundPiece {
  readonly name: string;
  /** Since `START`. */
  readonly startMs: number;
  readonly channels: readonly Int16Array[];
}

/** The way of audio from a link to an archive on the disk, with a clock that stands still. */
export class AudioBench {
  readonly clock = new ManualClock(START);
  readonly lines: string[] = [];
  readonly archive: FaultyDisk;
  readonly journal: FaultyDisk;
  /** Conversations that are in the store, with the Unix ms at which they began. */
  readonly stored = new Map<string, number>();
  readonly removed = new Set<string>();
  storeIsAway = false;
  lookUps = 0;
  readonly delivery: PieceDelivery;
  readonly sink: ArchiveAudioSink;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'parley-audio-'));

  constructor(
    private readonly options: Omit<UploadOptions, 'tenant' | 'sessionId'> = { sampleRate: 8000, channels: 2 },
    settings: NodeJS.ProcessEnv = {},
  ) {
    this.archive = new FaultyDisk(path.join(this.folder, 'audio'), this.clock);
    this.journal = new FaultyDisk(path.join(this.folder, 'journal'), this.clock);
    const config = loadConfig(settings).values.get(ArchiveConfig) as ArchiveConfig;
    const isRemoved = (_: string, id: string): Promise<boolean> => Promise.resolve(this.removed.has(id));
    this.delivery = new PieceDelivery({
      archive: this.archive,
      journal: new PieceJournal(this.journal, config.journalBytes),
      clock: this.clock,
      isRemoved,
      log: (_, message) => void this.lines.push(message),
    });
    const conversations = {
      enabled: true,
      isRemoved,
      find: (tenant: string, id: string) => {
        this.lookUps++;
        if (this.storeIsAway) return Promise.reject(new Error('the store is away'));
        const startedAt = this.stored.get(id);
        if (startedAt === undefined) return Promise.resolve(undefined);
        return Promise.resolve(record(id, [], { tenant, startedAt: new Date(startedAt).toISOString() }));
      },
    };
    const recordings = {
      deliver: (key: Parameters<PieceDelivery['deliver']>[0], bytes: Uint8Array) => this.delivery.deliver(key, bytes),
      removeAll: async (tenant: string, id: string) => {
        this.removed.add(id);
        await this.delivery.forget(tenant, id);
        return await this.archive.removeAll(tenant, id);
      },
    };
    this.sink = new ArchiveAudioSink(
      conversations as unknown as Conversations,
      recordings as unknown as Recordings,
      config,
      this.clock,
    );
  }

  open(sessionId = 's1'): AudioUpload {
    return this.sink.open({ ...this.options, tenant: 'acme', sessionId });
  }

  /** What is in the archive, in order of time. */
  async pieces(conversationId: string, of = this.archive): Promise<FoundPiece[]> {
    const found = await of.list('acme', conversationId);
    const pieces = await Promise.all(
      found.map(async ({ name }) => {
        const content = await of.get('acme', conversationId, name);
        const { channels } = readWav(await buffer(content!.stream));
        return { name, startMs: timesOfPiece(name)!.startMs, channels };
      }),
    );
    return pieces.sort((a, b) => a.startMs - b.startMs);
  }

  async stop(): Promise<void> {
    this.archive.fault = 'none';
    this.archive.release();
    await this.delivery.close(Promise.resolve());
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What is said at a moment, in samples of the conversation's clock: no two moments near each other sound the same. */
export function sampleAt(index: number, channel: number): number {
  return ((index * 31 + channel * 7919) % 60_001) - 30_000;
}

/** @param fromMs whole milliseconds since the beginning @param toMs likewise */
export function speech(fromMs: number, toMs: number, channels = 2, perMs = 8): Int16Array {
  const frames = (toMs - fromMs) * perMs;
  const pcm = new Int16Array(frames * channels);
  for (let i = 0; i < frames; i++)
    for (let channel = 0; channel < channels; channel++)
      pcm[i * channels + channel] = sampleAt(fromMs * perMs + i, channel);
  return pcm;
}
