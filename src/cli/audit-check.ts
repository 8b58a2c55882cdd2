import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConversationsConfig } from '../config/conversations.config.js';
import { loadConfig } from '../config/load.js';
import { packageRoot } from '../config/package-root.js';
import { checkChain } from '../ops/audit/audit-chain.js';
import { auditFilesIn } from '../ops/audit/audit-file.js';
import { AUDIT_FOLDER } from '../ops/audit/audit-log.js';
import { counted } from './counted.js';

const usage = `Usage: npm run audit:check [-- <folder>]

Whether the audit log below DATA_DIR (or in the folder) is as it was written. Exits 1 if something is missing or changed,
or if there is no log at all.
What nobody has written anything after cannot be seen to be missing: keep the log lines, too (AUDIT_LOG=file,log).`;

/** `npm run audit:check` */
export async function main([given, ...others]: string[]): Promise<number> {
  if (others.length > 0 || given?.startsWith('-')) {
    process.stdout.write(`${usage}\n`);
    return given === '--help' || given === '-h' ? 0 : 2;
  }
  const config = loadConfig(process.env).values.get(ConversationsConfig) as ConversationsConfig;
  const folder = given ?? path.resolve(packageRoot, config.dataDirectory, AUDIT_FOLDER);
  const names = await auditFilesIn(folder);
  if (names.length === 0) {
    // A folder that was deleted, or is another one, looks just the same.
    process.stderr.write(`There is no audit log in ${folder}. DATA_DIR, or an argument, says where it is.\n`);
    return 1;
  }
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const),
  );
  const { lines, problems } = checkChain(new Map(files));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const verdict = problems.length === 0 ? 'nothing is missing or changed' : counted(problems.length, 'problem');
  process.stdout.write(`${counted(lines, 'line')} in ${counted(names.length, 'file')} of ${folder}: ${verdict}\n`);
  return problems.length === 0 ? 0 : 1;
}
