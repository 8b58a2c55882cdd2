import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ParleyError, messageOf } from '../../kernel/errors.js';

const KEY_BYTES = 32;
const OTHERS = '*';

const entry = z.strictObject({
  /** Written into each file that it encrypts. */
  id: z.string().regex(/^[\w.-]{1,32}$/, 'must be up to 32 letters, digits, ".", "_" and "-"'),
  key: z.string(),
});
const file = z.strictObject({
  tenants: z.record(z.string().min(1), z.array(entry).min(1)),
});

export interface ArchiveKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

/** Which keys encrypt what is kept of each tenant. */
export class ArchiveKeys {
  static readonly none = new ArchiveKeys(new Map());

  private constructor(private readonly tenants: ReadonlyMap<string, readonly ArchiveKey[]>) {}

  /**
   * `${NAME}` in a key stands for a variable of the environment. Throws `config_invalid` with every problem; none of them
   * quotes a key.
   * @param named relative to `root`; empty for no keys
   */
  static read(named: string, root: string, env: NodeJS.ProcessEnv): ArchiveKeys {
    if (named === '') return ArchiveKeys.none;
    const where = path.resolve(root, named);
    if (!existsSync(where)) throw new ParleyError('config_invalid', `ARCHIVE_KEYS_FILE: there is no ${where}`);
    const parsed = file.safeParse(contentOf(where));
    if (!parsed.success)
      throw invalid(parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'the file'}: ${message}`));
    const problems: string[] = [];
    const ids = new Set<string>();
    const keysOf = (tenant: string, given: readonly z.output<typeof entry>[]): ArchiveKey[] =>
      given.map(({ id, key }, index) => {
        const bytes = bytesOf(key, env);
        const at = `tenants.${tenant}.${index}.key`;
        if (typeof bytes === 'string') problems.push(`${at}: ${bytes}`);
        else if (bytes.length !== KEY_BYTES) problems.push(`${at}: must be ${KEY_BYTES} bytes in base64`);
        // A file names its key, and that must be one.
        if (ids.has(id)) problems.push(`tenants.${tenant}.${index}.id: there are two keys named ${id}`);
        ids.add(id);
        return { id, bytes: Buffer.from(bytes) };
      });
    const tenants = Object.entries(parsed.data.tenants).map(
      ([tenant, given]) => [tenant, keysOf(tenant, given)] as const,
    );
    if (problems.length > 0) throw invalid(problems);
    return new ArchiveKeys(new Map(tenants));

    function invalid(lines: readonly string[]): ParleyError {
      return new ParleyError('config_invalid', lines.map((line) => `${where}: ${line}`).join('\n'));
    }
  }

  /** What is written from now on is encrypted with this; undefined: it is not encrypted. */
  sealing(tenant: string): ArchiveKey | undefined {
    return (this.tenants.get(tenant) ?? this.tenants.get(OTHERS))?.[0];
  }

  /** Also one of the time when the tenant had none of its own. */
  opening(tenant: string, id: string): ArchiveKey | undefined {
    const keys = [...(this.tenants.get(tenant) ?? []), ...(this.tenants.get(OTHERS) ?? [])];
    return keys.find((key) => key.id === id);
  }
}

/** Or what is wrong with it. */
function bytesOf(given: string, env: NodeJS.ProcessEnv): Buffer | string {
  let missing: string | undefined;
  const text = given.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) missing = name;
    return value ?? '';
  });
  if (missing !== undefined) return `the environment has no ${missing}`;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}

function contentOf(where: string): unknown {
  try {
    return parse(readFileSync(where, 'utf8'));
  } catch (error) {
    // Its first line only: the others quote the file.
    throw new ParleyError('config_invalid', `${where}: ${messageOf(error).split('\n')[0]!}`, false, { cause: error });
  }
}
