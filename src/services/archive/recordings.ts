import { Injectable, Logger } from '@nestjs/common';
import path from 'node:path';
import { ArchiveConfig } from '../../config/archive.config.js';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { isRefusal } from '../store-refusal.js';
import type { ArchivedAudio, ArchivedContent, AudioArchive } from './audio-archive.js';
import { DiskArchive } from './disk/disk-archive.js';
import { PieceJournal } from './piece-journal.js';
import type { RecordedPiece } from './recorded-piece.js';
import { RecordingWriter } from './recording-writer.js';

/** For so long replicas know that recordings were removed: what still lies on the disk of one does not come back. */
const REMOVED_FOR_MS = 30 * 86_400_000;
/** Calls do not need the archive, and must not wait for it. */
const START_LIMIT_MS = 5000;

/** The recordings of calls, as configured. What was recorded before CALL_RECORDING was turned off can still be had. */
@Injectable()
export class Recordings {
  private readonly logger = new Logger('Recordings');
  private opening: Promise<AudioArchive> | undefined;
  private writer: RecordingWriter | undefined;

  constructor(
    private readonly config: ArchiveConfig,
    private readonly conversations: ConversationsConfig,
    private readonly store: KeyValueStore,
    private readonly clock: Clock,
  ) {}

  get enabled(): boolean {
    return this.config.recording !== 'off';
  }

  /** Of each file of a recording. */
  get pieceMs(): number {
    return this.config.pieceMs;
  }

  /**
   * Resolves with a sentence about recordings, also when the archive cannot be reached: they are kept on disk until then.
   * Rejects with one that names the setting if that is at fault.
   */
  async start(signal: AbortSignal): Promise<string> {
    const archive = await this.files();
    const problem = this.enabled ? await this.begin(archive, signal) : undefined;
    const { logger } = this;
    this.writer = new RecordingWriter({
      archive,
      journal: new PieceJournal(this.disk('journal', 'recordings'), this.config.journalBytes),
      clock: this.clock,
      memoryBytes: this.config.memoryBytes,
      isRemoved: (tenant, id) => this.isRemoved(tenant, id),
      log: (level, message) => logger[level === 'info' ? 'log' : level](message),
    });
    await this.writer.start(problem);
    if (problem !== undefined) return `recordings on disk until ${archive.name} is there`;
    return this.enabled ? `recordings in ${archive.name}` : 'calls are not recorded';
  }

  async stop(): Promise<void> {
    await this.writer?.close();
    await (await this.opening)?.close();
    this.writer = this.opening = undefined;
  }

  /** Rejects while the archive does not work; nothing is lost meanwhile, as long as there is room on the disk. */
  async check(): Promise<Record<string, unknown>> {
    if (!this.writer) throw new Error('it has not started');
    const { waiting, failing, lost } = this.writer;
    if (failing) throw new Error(`the archive does not work; ${waiting} pieces wait to be written, ${lost} are lost`);
    if (!this.enabled) return { recording: 'off', waiting };
    return { ...(await (await this.files()).check()), recording: this.config.recording, waiting, lost };
  }

  /** Never throws. The piece is not to be changed afterwards. */
  keep(piece: RecordedPiece): void {
    this.writer?.keep(piece);
  }

  /** In order of time. What is still on its way to the archive is not among them. Rejects with `store_failed`. */
  async list(tenant: string, conversationId: string): Promise<ArchivedAudio[]> {
    return (await this.files()).list(tenant, conversationId);
  }

  /** Undefined if there is none. Rejects with `store_failed`. */
  async open(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined> {
    return (await this.files()).get(tenant, conversationId, name);
  }

  /**
   * For good, and also those that are on their way, on whichever replica. How many there were in the archive. Rejects with
   * `store_failed` or `state_unavailable`; then some may be left, and it can be done again.
   */
  async removeAll(tenant: string, conversationId: string): Promise<number> {
    await this.store.set(removedKey(tenant, conversationId), '1', REMOVED_FOR_MS);
    await this.writer?.forget(tenant, conversationId);
    return await (await this.files()).removeAll(tenant, conversationId);
  }

  /** Where recordings are, for what is to be kept in the same way. */
  files(): Promise<AudioArchive> {
    return (this.opening ??= this.create());
  }

  /** Why it cannot be used yet; rejects if it never will. */
  private async begin(archive: AudioArchive, signal: AbortSignal): Promise<unknown> {
    try {
      await archive.start(AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) throw error;
      return error;
    }
  }

  private async isRemoved(tenant: string, conversationId: string): Promise<boolean> {
    const mark = await this.store.get(removedKey(tenant, conversationId)).catch(() => undefined);
    return mark !== undefined;
  }

  private async create(): Promise<AudioArchive> {
    if (this.config.driver === 'disk') return this.disk('audio');
    const { BlobArchive } = await import('./blob/blob-archive.js');
    return await BlobArchive.create(this.config);
  }

  private disk(...folders: string[]): DiskArchive {
    return new DiskArchive(path.resolve(packageRoot, this.conversations.dataDirectory, ...folders), this.clock);
  }
}

function removedKey(tenant: string, conversationId: string): string {
  return `removed-recordings:${tenant}/${conversationId}`;
}
