import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dataDirectoryError, tryToWrite } from './data-directory.js';

const JOBS = { use: 'jobs', without: 'REDIS_URL' };
/** As Node says it of a folder that cannot be made, whatever the reason. */
const CAUSE = new Error('The job queue failed: ENOENT: no such file or directory, mkdir');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder for data', () => {
  it('is made with its parents, tried, and left empty', async () => {
    const below = path.join(folder, 'a', 'b');
    await tryToWrite(below);
    expect(readdirSync(below)).toEqual([]);
  });

  it('that cannot be written to is why the start has failed, and says so with what to do', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const error = await dataDirectoryError(path.join(file, 'data'), CAUSE, JOBS);
    expect(error).toMatchObject({ code: 'store_failed', retryable: false, cause: CAUSE });
    expect(error.message).toBe(
      `DATA_DIR: ${file}/data cannot be written to: a part of the path is a file (ENOTDIR). ` +
        'Give it a volume that the user of this process may write to, or set REDIS_URL',
    );
  });

  it('where nothing can be made says what the system has said', async () => {
    const { message } = await dataDirectoryError('/proc/parley/data', CAUSE, JOBS);
    expect(message).toMatch(/^DATA_DIR: \/proc\/parley\/data cannot be written to: \w.+\. Give it a volume/);
  });

  it('that is all right leaves the reason to whoever has failed', async () => {
    const { message } = await dataDirectoryError(folder, new Error('file is not a database'), JOBS);
    expect(message).toBe(`DATA_DIR: ${folder} cannot be used for jobs: file is not a database`);
  });
});
