import type { Readable } from 'node:stream';
import { ParleyError } from '../../kernel/errors.js';

export interface ArchivedAudio {
  readonly name: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly writtenAt: string;
}

export interface ArchivedPlace {
  readonly tenant: string;
  readonly conversationId: string;
  /** When one of its files was written, ISO 8601. */
  readonly writtenAt: string;
}

export interface ArchivedContent {
  readonly stream: Readable;
  readonly bytes: number;
  readonly contentType: string;
}

/**
 * Keeps audio of conversations. Tenants, conversations and names may be any text that is not empty, nor too long (see `pathPart`).
 * Each of the promises rejects with `store_failed` when the archive cannot be reached or does not answer in time; it is
 * `retryable` unless the archive will never take what it was given.
 */
export abstract class AudioArchive {
  abstract readonly name: string;
  /**
   * Makes it usable; rejects with a sentence that names the setting. If that is `retryable`, each of the others tries it
   * again.
   */
  abstract start(signal: AbortSignal): Promise<void>;
  abstract check(): Promise<Record<string, unknown>>;
  /** Whole, or not at all; replaces what has this name. */
  abstract put(
    tenant: string,
    conversationId: string,
    name: string,
    bytes: Uint8Array,
    contentType: string,
  ): Promise<void>;
  /** In order of their names. */
  abstract list(tenant: string, conversationId: string): Promise<ArchivedAudio[]>;
  /** Undefined if there is none. Its stream may still break. */
  abstract get(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined>;
  /** Also if there is none. */
  abstract remove(tenant: string, conversationId: string, name: string): Promise<void>;
  /** How many there were. */
  abstract removeAll(tenant: string, conversationId: string): Promise<number>;
  /** Each conversation of which there is anything, in any order, some at a time; what is removed meanwhile may be among them. */
  abstract everywhere(): AsyncIterable<ArchivedPlace>;
  abstract close(): Promise<void>;
}

/** File systems take 255. */
const MAX_LENGTH = 240;

/**
 * `id` as one part of a path: letters, digits, `_`, `-` and dots in between stay as they are, other bytes become `%XX`.
 * No two ids give the same part, and none leads elsewhere or begins with a dot.
 * @throws ParleyError `invalid_parameter` for an empty id or one whose part would have more than 240 characters.
 */
export function pathPart(id: string): string {
  const bytes = Buffer.from(id, 'utf8');
  let part = '';
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte);
    const isOuter = index === 0 || index === bytes.length - 1;
    const isPlain = /[\w-]/.test(character) || (character === '.' && !isOuter);
    part += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (part.length === 0 || part.length > MAX_LENGTH)
    throw new ParleyError(
      'invalid_parameter',
      `An id must have 1 to ${MAX_LENGTH} characters, a byte of others counts as three`,
    );
  return part;
}

/** The id that `pathPart` made the part of; undefined if it made none. */
export function idOfPart(part: string): string | undefined {
  try {
    const id = decodeURIComponent(part);
    return pathPart(id) === part ? id : undefined;
  } catch {
    return undefined;
  }
}

export function archiveFailed(reason: string, retryable: boolean, cause?: unknown): ParleyError {
  return new ParleyError('store_failed', `The audio archive: ${reason}`, retryable, { cause });
}
