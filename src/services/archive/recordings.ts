import { Injectable, Logger } from '@nestjs/common';
import path from 'node:path';
import { ArchiveConfig } from '../../config/archive.config.js';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { isRefusal } from '../store-refusal.js';
import { ArchiveKeys } from './archive-keys.js';
import type { ArchivedAudio, ArchivedContent, ArchivedPlace, AudioArchive } from './audio-archive.js';
import { DiskArchive } from './disk/disk-archive.js';
import { EncryptedArchive } from './encrypted-archive.js';
import { type Delivered, PieceDelivery } from './piece-delivery.js';
import { PieceJournal, type PieceKey } from './piece-journal.js';
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
  private beginning: Promise<unknown> | undefined;
  private delivery: PieceDelivery | undefined;
  private writer: RecordingWriter | undefined;

  constructor(
    private readonly config: ArchiveConfig,
    private readonly conversations: ConversationsConfig,
    private readonly store: KeyValueStore,
    private readonly clock: Clock,
    private readonly keys: ArchiveKeys = ArchiveKeys.none,
  ) {}

  /** Whether calls with agents of ours are recorded. */
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
    const problem = this.enabled ? await this.begun(signal) : undefined;
    if (isRefusal(problem)) throw problem;
    const { logger } = this;
    const log = (level: 'info' | 'warn' | 'error', message: string): void =>
      logger[level === 'info' ? 'log' : level](message);
    this.delivery = new PieceDelivery({
      archive,
      journal: new PieceJournal(this.encrypted(this.disk('journal', 'recordings')), this.config.journalBytes),
      clock: this.clock,
      isRemoved: (tenant, id) => this.isRemoved(tenant, id),
      log,
    });
    this.writer = new RecordingWriter({ delivery: this.delivery, memoryBytes: this.config.memoryBytes, log });
    await this.delivery.start(problem);
    if (problem !== undefined) return `recordings on disk until ${archive.name} is there`;
    return this.enabled ? `recordings in ${archive.name}` : 'calls with agents are not recorded';
  }

  async stop(): Promise<void> {
    await this.writer?.close();
    await (await this.opening)?.close();
    this.writer = this.delivery = this.opening = this.beginning = undefined;
  }

  /** Rejects while the archive does not work; nothing is lost meanwhile, as long as there is room on the disk. */
  async check(): Promise<Record<string, unknown>> {
    const { writer, delivery } = this;
    if (!writer || !delivery) throw new Error('it has not started');
    const { recording } = this.config;
    const state = {
      recording,
      waiting: writer.waiting + delivery.waiting,
      lost: writer.lost,
      refused: delivery.refused,
    };
    if (delivery.failing)
      throw new Error(`the archive does not work; ${state.waiting} pieces wait to be written, ${state.lost} are lost`);
    // What nobody needs is not asked whether it works.
    const details = this.beginning ? await (await this.files()).check() : {};
    const degraded =
      delivery.refused > 0 && `${delivery.refused} pieces lie in DATA_DIR that the archive does not take`;
    return { ...details, ...state, ...(degraded && { degraded }) };
  }

  /** Pieces that are still to be written. */
  get waiting(): number {
    return (this.writer?.waiting ?? 0) + (this.delivery?.waiting ?? 0);
  }

  /** Never throws. The piece is not to be changed afterwards. */
  keep(piece: RecordedPiece): void {
    this.writer?.keep(piece);
  }

  /**
   * Audio that is a file already. Resolves when it is safe, or says why it never will be; rejects with `store_failed` while
   * it can be kept nowhere.
   */
  async deliver(key: PieceKey, bytes: Uint8Array): Promise<Delivered> {
    // If it cannot be used yet, that shows below.
    await this.begun(new AbortController().signal);
    if (!this.delivery) throw new ParleyError('store_failed', 'The audio archive: it has stopped', true);
    return await this.delivery.deliver(key, bytes);
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
    return await this.clear(tenant, conversationId);
  }

  /** Those that are old, of which nothing is on its way any more. Otherwise like `removeAll`. */
  async clear(tenant: string, conversationId: string): Promise<number> {
    this.writer?.forget(tenant, conversationId);
    await this.delivery?.forget(tenant, conversationId);
    return await (await this.files()).removeAll(tenant, conversationId);
  }

  /** Each conversation of which there is anything in the archive, of all tenants. Rejects with `store_failed`. */
  async *everywhere(): AsyncGenerator<ArchivedPlace> {
    yield* (await this.files()).everywhere();
  }

  /** Where recordings are, for what is to be kept in the same way. */
  files(): Promise<AudioArchive> {
    return (this.opening ??= this.create());
  }

  /** Why it cannot be used yet. Never rejects. */
  private begun(signal: AbortSignal): Promise<unknown> {
    return (this.beginning ??= this.begin(signal));
  }

  private async begin(signal: AbortSignal): Promise<unknown> {
    try {
      const archive = await this.files();
      await archive.start(AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private async isRemoved(tenant: string, conversationId: string): Promise<boolean> {
    const mark = await this.store.get(removedKey(tenant, conversationId)).catch(() => undefined);
    return mark !== undefined;
  }

  private async create(): Promise<AudioArchive> {
    if (this.config.driver === 'disk') return this.encrypted(this.disk('audio'));
    const { BlobArchive } = await import('./blob/blob-archive.js');
    return this.encrypted(await BlobArchive.create(this.config));
  }

  private encrypted(archive: AudioArchive): AudioArchive {
    return new EncryptedArchive(archive, this.keys);
  }

  private disk(...folders: string[]): DiskArchive {
    return new DiskArchive(path.resolve(packageRoot, this.conversations.dataDirectory, ...folders), this.clock);
  }
}

function removedKey(tenant: string, conversationId: string): string {
  return `removed-recordings:${tenant}/${conversationId}`;
}
