import { metrics } from '@opentelemetry/api';
import { messageOf } from '../../kernel/errors.js';
import type { PieceDelivery } from './piece-delivery.js';
import { type RecordedPiece, bytesOfPiece, encodePiece, pieceName } from './recorded-piece.js';

/** Audio is converted and sent beside the calls: not much of it at a time. */
const MAX_WRITES = 4;

const pieces = metrics.getMeter('parley.recording').createCounter('recording.pieces', {
  description: 'Pieces of recordings, by what became of them',
});

export interface RecordingWriterParts {
  readonly delivery: Pick<PieceDelivery, 'deliver' | 'close'>;
  readonly memoryBytes: number;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Brings recorded audio of calls that agents of ours have on its way, behind the calls. */
export class RecordingWriter {
  private readonly queue: RecordedPiece[] = [];
  private memory = 0;
  private running = 0;
  private lostPieces = 0;
  private whenIdle: (() => void) | undefined;

  constructor(private readonly parts: RecordingWriterParts) {
    // The first that is lost is to be a change, not a new series.
    pieces.add(0, { outcome: 'lost' });
  }

  /** Pieces that wait in memory. */
  get waiting(): number {
    return this.queue.length + this.running;
  }

  get lost(): number {
    return this.lostPieces;
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
    const idle = this.idle();
    await this.parts.delivery.close(idle);
    await idle;
  }

  /** What waits of it is dropped. */
  forget(tenant: string, conversationId: string): void {
    const isOf = (piece: RecordedPiece): boolean => piece.tenant === tenant && piece.conversationId === conversationId;
    for (const piece of this.queue.filter(isOf)) {
      this.queue.splice(this.queue.indexOf(piece), 1);
      this.memory -= bytesOfPiece(piece);
    }
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
    const bytes = await encodePiece(piece);
    const name = pieceName(piece);
    const outcome = await this.parts.delivery.deliver({ tenant, conversationId, name }, bytes);
    if (outcome === 'no_room') this.lose('RECORDING_JOURNAL_BYTES are used up');
  }

  private lose(reason: string): void {
    this.lostPieces++;
    pieces.add(1, { outcome: 'lost' });
    this.parts.log('error', `A piece of a recording is lost: ${reason}`);
  }
}
