import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function check(folder: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'audit:check', folder], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe('npm run audit:check', () => {
  it('does not take a log that is not there for one that is whole', async () => {
    const folder = path.join(tmpdir(), 'parley-no-audit-here');
    expect(await check(folder)).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no audit log in ${folder}. DATA_DIR, or an argument, says where it is.\n`,
    });
  });

  it('names what is no line of the log', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-audit-'));
    try {
      writeFileSync(path.join(folder, '2026-11-20T08-00-00-000Z-1.jsonl'), 'nonsense\n');
      const { code, stdout } = await check(folder);
      expect(code).toBe(1);
      expect(stdout).toMatch(/1 problem\(s\)\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
