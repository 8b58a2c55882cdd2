import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ParleyError } from '../../kernel/errors.js';
import type { ArchiveKey } from './archive-keys.js';
import { archiveFailed } from './audio-archive.js';
import { ByteQueue } from './byte-queue.js';

/**
 * A file is this and the version of what follows, the id of its key with zeros behind, and a salt; then chunks, each
 * encrypted with AES-256-GCM and followed by its tag. The key of a file is derived from the tenant's and the salt, so that
 * chunks can be numbered instead of having random nonces; the last one is marked, so that none can be cut off. Where the
 * file belongs is authenticated with each chunk.
 */
const MAGIC = Buffer.from('PARLEY\0\u0001', 'latin1');
const KEY_ID_BYTES = 32;
const SALT_BYTES = 32;
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + SALT_BYTES;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const CHUNKS_A_TURN = 4;

/** @param place where it belongs: nowhere else can it be read. */
export async function seal(content: Uint8Array, key: ArchiveKey, place: string): Promise<Buffer> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.write(key.id, MAGIC.length, 'latin1');
  randomBytes(SALT_BYTES).copy(header, MAGIC.length + KEY_ID_BYTES);
  const chunks = new Chunks(key, header, place);
  const count = Math.max(1, Math.ceil(content.length / CHUNK_BYTES));
  const parts: Buffer[] = [header];
  for (let index = 0; index < count; index++) {
    const part = content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    parts.push(chunks.encrypt(part, index, index === count - 1));
    // Calls go on in between.
    if (index % CHUNKS_A_TURN === CHUNKS_A_TURN - 1) await nextTurn();
  }
  return Buffer.concat(parts);
}

/** Of what was sealed. */
export function unsealedLength(sealedBytes: number): number {
  const body = Math.max(0, sealedBytes - HEADER_BYTES);
  return Math.max(0, body - TAG_BYTES * Math.ceil(body / (CHUNK_BYTES + TAG_BYTES)));
}

/**
 * Gives out only what was sealed for this place, from the beginning on. Throws `store_failed` where it was changed or cut
 * off, and what `keyOf` throws.
 */
export async function* unseal(
  sealed: AsyncIterable<Uint8Array>,
  keyOf: (id: string) => ArchiveKey,
  place: string,
): AsyncGenerator<Buffer> {
  const queue = new ByteQueue();
  let chunks: Chunks | undefined;
  let index = 0;
  for await (const part of sealed) {
    queue.push(part);
    if (!chunks && queue.length < HEADER_BYTES) continue;
    const file = (chunks ??= chunksOf(queue.take(HEADER_BYTES), keyOf, place));
    // One that nothing follows is the last.
    while (queue.length > CHUNK_BYTES + TAG_BYTES)
      yield file.decrypt(queue.take(CHUNK_BYTES + TAG_BYTES), index++, false);
  }
  if (!chunks || queue.length < TAG_BYTES) throw spoilt();
  yield chunks.decrypt(queue.take(queue.length), index, true);
}

/** Those of one file. */
class Chunks {
  private readonly key: Buffer;
  private readonly place: Buffer;

  constructor(key: ArchiveKey, header: Buffer, place: string) {
    const salt = header.subarray(MAGIC.length + KEY_ID_BYTES);
    this.key = Buffer.from(hkdfSync('sha256', key.bytes, salt, 'parley archive', 32));
    this.place = Buffer.concat([header, Buffer.from(place, 'utf8')]);
  }

  encrypt(content: Uint8Array, index: number, isLast: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.key, nonceOf(index, isLast), { authTagLength: TAG_BYTES });
    cipher.setAAD(this.place);
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  }

  decrypt(chunk: Buffer, index: number, isLast: boolean): Buffer {
    const cipher = createDecipheriv('aes-256-gcm', this.key, nonceOf(index, isLast), { authTagLength: TAG_BYTES });
    cipher.setAAD(this.place);
    cipher.setAuthTag(chunk.subarray(chunk.length - TAG_BYTES));
    try {
      return Buffer.concat([cipher.update(chunk.subarray(0, chunk.length - TAG_BYTES)), cipher.final()]);
    } catch {
      throw spoilt();
    }
  }
}

function chunksOf(header: Buffer, keyOf: (id: string) => ArchiveKey, place: string): Chunks {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw spoilt();
  const id = header.toString('latin1', MAGIC.length, MAGIC.length + KEY_ID_BYTES).replace(/\0+$/, '');
  return new Chunks(keyOf(id), header, place);
}

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function spoilt(): ParleyError {
  return archiveFailed('a file is not what was put there', false);
}
