import { metrics } from '@opentelemetry/api';
import { Aborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { StoreOutage } from '../store-outage.js';
import { isRefusal } from '../store-refusal.js';
import type { AudioArchive } from './audio-archive.js';
import type { PieceJournal, PieceKey } from './piece-journal.js';
import { type RecordedPiece, bytesOfPiece, encodePiece, pieceName } from './recorded-piece.js';

/** Audio is converted and sent beside the calls: not much of it at a time. */
const MAX_WRITES = 4;
const CLOSE_LIMIT_MS = 3000;

const pieces = metrics
  .getMeter('parley.recording')
  .createCounter('recording.pieces', { description: 'Pieces of recordings, by what became of them' });

export interface RecordingWriterParts {
  readonly archive: AudioArchive;
  readonly journal: PieceJournal;
  readonly clock: Clock;
  readonly memoryBytes: number;
  /** Whether the recordings of the conversation were removed: nothing of it is to come afterwards. Never rejects. */
  isRemoved(tenant: string, conversationId: string): Promise<boolean>;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * Brings recorded audio to the archive, behind the calls. What the archive does not take goes into the journal, and from
 * there to the archive once it works again, also after a restart.
 */
export class RecordingWriter {
  private readonly queue: RecordedPiece[] = [];
  private memory = 0;
  private running = 0;
  private readonly outage: StoreOutage;
  private replaying: Promise<void> | undefined;
  private lostPieces = 0;
  private closed = false;
  private whenIdle: (() => void) | undefined;
  private readonly stopped = new AbortController();

  constructor(private readonly parts: RecordingWriterParts) {
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

  /** Pieces that wait to be written, in memory and on disk. */
  get waiting(): number {
    return this.queue.length + this.running + this.parts.journal.size;
  }

  get lost(): number {
    return this.lostPieces;
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

  /** Not to be changed afterwards. Never throws. */
  keep(piece: RecordedPiece): void {
    const bytes = bytesOfPiece(piece);
    if (this.memory + bytes > this.parts.memoryBytes) return this.lose('too much of it waits in memory');
    this.memory += bytes;
    this.queue.push(piece);
    this.next();
  }

  /** Resolves when everything is in the archive or in the journal. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.outage.stop();
    const limit = new AbortController();
    const idle = Promise.all([this.idle(), this.replaying]);
    const over = this.parts.clock.delay(CLOSE_LIMIT_MS, limit.signal).catch(() => undefined);
    await Promise.race([idle, over]);
    limit.abort(new Aborted('completed'));
    // An archive that hangs must not hold up the end of the process.
    this.stopped.abort(new Aborted('shutdown'));
    await idle;
  }

  /** Its recordings are to be gone: what waits of it is dropped. Rejects with `store_failed` when the disk does not work. */
  async forget(tenant: string, conversationId: string): Promise<void> {
    const isOf = (piece: RecordedPiece): boolean => piece.tenant === tenant && piece.conversationId === conversationId;
    for (const piece of this.queue.filter(isOf)) {
      this.queue.splice(this.queue.indexOf(piece), 1);
      this.memory -= bytesOfPiece(piece);
    }
    await this.parts.journal.removeAll(tenant, conversationId);
  }

  private idle(): Promise<void> {
    if (this.running === 0 && this.queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => (this.whenIdle = resolve));
  }

  private next(): void {
    while (this.running < MAX_WRITES && this.queue.length > 0) {
      const piece = this.queue.shift()!;
      this.running++;
      void this.write(piece)
        .catch((error: unknown) => this.lose(messageOf(error)))
        .finally(() => {
          this.running--;
          this.memory -= bytesOfPiece(piece);
          this.next();
        });
    }
    if (this.running === 0 && this.queue.length === 0) this.whenIdle?.();
  }

  private async write(piece: RecordedPiece): Promise<void> {
    const { tenant, conversationId } = piece;
    const key = { tenant, conversationId, name: pieceName(piece) };
    const bytes = await encodePiece(piece);
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
    await this.keepOnDisk(key, bytes);
    if (refused) this.parts.journal.forget(key);
    // It may have come back while this was on its way to the disk.
    else if (!this.failing) this.outage.tryLater();
  }

  private async put(key: PieceKey, bytes: Uint8Array): Promise<void> {
    const { archive } = this.parts;
    const { tenant, conversationId, name } = key;
    await this.unlessStopped(archive.put(tenant, conversationId, name, bytes, 'audio/wav'));
    pieces.add(1, { outcome: 'written' });
    if (await this.parts.isRemoved(tenant, conversationId)) await archive.removeAll(tenant, conversationId);
    this.outage.works(textOf(key));
  }

  private unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.stopped;
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  private async keepOnDisk(key: PieceKey, bytes: Uint8Array): Promise<void> {
    if (await this.parts.isRemoved(key.tenant, key.conversationId)) return;
    if (!(await this.parts.journal.write(key, bytes))) return this.lose('RECORDING_JOURNAL_BYTES are used up');
    pieces.add(1, { outcome: 'journaled' });
  }

  private lose(reason: string): void {
    this.lostPieces++;
    pieces.add(1, { outcome: 'lost' });
    this.parts.log('error', `A piece of a recording is lost: ${reason}`);
  }

  /** Whether it is the piece that the archive does not want. */
  private refuses(error: unknown, key: PieceKey): boolean {
    const refuses = isRefusal(error);
    if (refuses) this.parts.log('error', `The archive refuses ${textOf(key)}, it stays in DATA_DIR: ${error.message}`);
    return refuses;
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
