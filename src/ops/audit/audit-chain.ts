import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Before the first line of all. */
export const BEGINNING = '0'.repeat(64);

/** What somebody did. Names and numbers of things; nothing of what is in them, and nothing that was said. */
export interface AuditEntry {
  /** Of the credential; never the credential itself. */
  readonly who: string;
  readonly role: string;
  readonly tenant: string;
  /** Method and route: `DELETE /api/v1/sessions/:id`. */
  readonly action: string;
  /** What it was done to; empty where the route says it all. */
  readonly object: string;
  /** Whose it is, where an admin had to do with another tenant. */
  readonly of?: string;
  /** HTTP status of the answer, or `broken_off`; `begun` of one that goes on and on. */
  readonly result: string;
}

const line = z.looseObject({ seq: z.int(), at: z.string(), prev: z.string(), hash: z.string() });

/** One line of a chain: each has the hash of the one before, so that none can be taken out or changed unnoticed. */
export function chainedLine(entry: AuditEntry, seq: number, at: string, prev: string): { text: string; hash: string } {
  const content = { seq, at, ...entry, prev };
  const hash = hashOf(content);
  return { text: `${JSON.stringify({ ...content, hash })}\n`, hash };
}

/** The hash of the last whole line; undefined if there is none. */
export function lastHashIn(text: string): string | undefined {
  const last = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .trimEnd()
    .split('\n')
    .at(-1);
  return last ? parsed(last)?.hash : undefined;
}

export interface ChainReport {
  readonly lines: number;
  /** One sentence each; none if all is as it was written. */
  readonly problems: readonly string[];
}

/** @param files by name, in the order in which they were begun */
export function checkChain(files: ReadonlyMap<string, string>): ChainReport {
  const problems: string[] = [];
  const known = new Set([BEGINNING]);
  const beginnings: { readonly name: string; readonly prev: string }[] = [];
  let isHeadless = false;
  let lines = 0;
  for (const [name, text] of files) {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) problems.push(`${name}: its last line is cut off`);
    let last: { readonly seq: number; readonly hash: string } | undefined;
    for (const [index, row] of whole.split('\n').slice(0, -1).entries()) {
      lines++;
      const where = `${name}:${index + 1}`;
      const read = parsed(row);
      if (!read) {
        problems.push(`${where}: is no line of an audit log`);
        continue;
      }
      const { hash, ...content } = read;
      if (hashOf(content) !== hash) problems.push(`${where}: was changed`);
      // Counted from the line before, not from the first: one that was taken out is one problem, and not all that follow.
      if (read.seq !== (last?.seq ?? 0) + 1 || (last && read.prev !== last.hash))
        problems.push(`${where}: does not follow on the line before; something was taken out or put in`);
      if (!last && read.seq === 1) beginnings.push({ name, prev: read.prev });
      isHeadless ||= !last && read.seq !== 1;
      last = { seq: read.seq, hash };
      known.add(hash);
    }
  }
  for (const { name, prev } of beginnings)
    if (!known.has(prev)) problems.push(`${name}: what came before it is not there, or its end is missing`);
  if (!isHeadless && beginnings.length > 0 && !beginnings.some(({ prev }) => prev === BEGINNING))
    problems.push('The first file is missing');
  return { lines, problems };
}

function parsed(row: string): z.output<typeof line> | undefined {
  try {
    const read: unknown = JSON.parse(row);
    // As it was written, with its fields in their order: that is what the hash is of.
    return line.safeParse(read).success ? (read as z.output<typeof line>) : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
