import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { reasonOf } from '../kernel/reasons.js';

export const VOLUME_ADVICE = 'Give it a volume that the user of this process may write to';

/** Rejects with the system's error, if in this folder, which is made, no file can be written, renamed and deleted. */
export async function tryToWrite(folder: string): Promise<void> {
  await makeFolder(folder);
  const name = path.join(folder, `.probe-${randomUUID()}`);
  try {
    const file = await open(name, 'wx');
    try {
      await file.write('ok');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(name, `${name}-renamed`);
  } finally {
    await rm(name, { force: true });
    await rm(`${name}-renamed`, { force: true });
  }
}

export function cannotBeWritten(folder: string, error: unknown): string {
  return `${folder} cannot be written to: ${reasonOf(error)}`;
}

/**
 * Why a start has failed that needs files in DATA_DIR. What the disk says when it is asked again is clearer than what came out of
 * a library or a thread.
 * @param use what the files are for, such as "conversations"
 * @param without setting and value that do without them
 */
export async function dataDirectoryError(
  folder: string,
  cause: unknown,
  { use, without }: { readonly use: string; readonly without: string },
): Promise<ParleyError> {
  const says = await tryToWrite(folder).then(
    () => `${folder} cannot be used for ${use}: ${messageOf(cause)}`,
    (error: unknown) => `${cannotBeWritten(folder, error)}. ${VOLUME_ADVICE}, or set ${without}`,
  );
  return new ParleyError('store_failed', `DATA_DIR: ${says}`, false, { cause });
}

/**
 * With its parents. Node's own way of making those goes round in circles where a file system makes no folders: in a thread,
 * that nothing ends.
 */
export async function makeFolder(folder: string, mayMakeParent = true): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || !mayMakeParent || path.dirname(folder) === folder) throw error;
    await makeFolder(path.dirname(folder));
    await makeFolder(folder, false);
  }
}
