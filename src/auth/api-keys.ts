import { Logger } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { type Principal, roles } from './principal.js';

const PREFIX = 'pk_';
/** How often the file is looked at, at most. */
const LOOK_EVERY_MS = 2000;

export const apiKeyEntry = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/, 'allowed are up to 64 letters, digits, ".", "_" and "-"'),
  tenant: z.string().regex(/^[\w-]{1,64}$/, 'allowed are up to 64 letters, digits, "_" and "-"'),
  role: z.enum(roles),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'allowed are 64 hexadecimal digits in lower case'),
  /** After this the key is refused. */
  expires: z.iso.datetime({ offset: true }).optional(),
});

export type ApiKeyEntry = z.output<typeof apiKeyEntry>;

const keysFile = z.strictObject({ keys: z.array(apiKeyEntry) });

/** A new key of 256 random bits, so that a plain hash of it tells nothing. Only the entry is to be kept. */
export function createApiKey(entry: Omit<ApiKeyEntry, 'sha256'>): { key: string; entry: ApiKeyEntry } {
  const key = PREFIX + randomBytes(32).toString('base64url');
  return { key, entry: apiKeyEntry.parse({ ...entry, sha256: sha256(key) }) };
}

/** The keys in a file that may change while the server runs; a faulty change is logged and the keys before it stay. */
export class ApiKeys {
  private readonly logger = new Logger('Auth');
  private entries: ReadonlyMap<string, ApiKeyEntry>;
  private changedAt: number;
  private lookedAt: number;

  /** Throws `config_invalid` when the file cannot be read. */
  constructor(
    private readonly file: string,
    private readonly clock: Clock,
  ) {
    this.changedAt = changeOf(file);
    this.lookedAt = clock.now();
    this.entries = readKeys(file);
  }

  get size(): number {
    return this.entries.size;
  }

  /** Whose key it is; undefined when it is nobody's, or no longer. */
  identify(credential: string): Principal | undefined {
    if (!credential.startsWith(PREFIX)) return undefined;
    this.refresh();
    const entry = this.entries.get(sha256(credential));
    if (!entry || (entry.expires && Date.parse(entry.expires) <= this.clock.wallTime())) return undefined;
    return { subject: entry.id, tenant: entry.tenant, role: entry.role };
  }

  private refresh(): void {
    const now = this.clock.now();
    if (now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    try {
      const changedAt = changeOf(this.file);
      if (changedAt === this.changedAt) return;
      this.changedAt = changedAt;
      this.entries = readKeys(this.file);
      this.logger.log(`API_KEYS_FILE has changed: ${this.entries.size} keys`);
    } catch (error) {
      this.logger.error(`${messageOf(error)}; the ${this.entries.size} keys before stay in use`);
    }
  }
}

function changeOf(file: string): number {
  // Where it is missing, reading it says so.
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** By hash. Throws `config_invalid`. */
export function readKeys(file: string): Map<string, ApiKeyEntry> {
  const invalid = (problem: string): ParleyError =>
    new ParleyError('config_invalid', `API_KEYS_FILE ${file}: ${problem}`);
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // Its first line only: the others quote the file.
    throw invalid(messageOf(error).split('\n')[0]!);
  }
  const parsed = keysFile.safeParse(content);
  if (!parsed.success)
    throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`).join('; '));
  const { keys } = parsed.data;
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice) throw invalid(`two keys have the id "${twice.id}"`);
  return new Map(keys.map((entry) => [entry.sha256, entry]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
