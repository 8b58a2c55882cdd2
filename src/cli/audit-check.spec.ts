import { describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '../kernel/clock.js';
import { AuditFile } from '../ops/audit/audit-file.js';
import { main } from './audit-check.js';

/** What the command says, and its exit code. */
async function check(folder: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => ((said[stream] += String(text)), true)),
  );
  const code = await main([folder]).finally(() => spies.forEach((spy) => spy.mockRestore()));
  return { code, ...said };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-audit-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
    await inFolder(async (folder) => {
      writeFileSync(path.join(folder, '2026-11-20T08-00-00-000Z-1.jsonl'), 'nonsense\n');
      const { code, stdout } = await check(folder);
      expect(code).toBe(1);
      expect(stdout).toMatch(/: is no line of an audit log\n1 line in 1 file of .*: 1 problem\n$/);
    });
  });

  it('counts a line that was taken out of many once', async () => {
    await inFolder(async (folder) => {
      const log = new AuditFile(folder, new ManualClock());
      const entry = { who: 'anna', role: 'operator', tenant: 'acme', action: 'GET /api/v1/jobs', result: '200' };
      await Promise.all(Array.from({ length: 21 }, (_, at) => log.append({ ...entry, object: String(at) })));
      await log.close();
      expect((await check(folder)).stdout).toMatch(/^21 lines in 1 file of .*: nothing is missing or changed\n$/);
      const [name] = readdirSync(folder) as [string];
      const lines = readFileSync(path.join(folder, name), 'utf8').split('\n');
      writeFileSync(path.join(folder, name), lines.toSpliced(1, 1).join('\n'));
      const { code, stdout } = await check(folder);
      expect(code).toBe(1);
      expect(stdout).toMatch(/:2: does not follow on the line before.*\n20 lines in 1 file of .*: 1 problem\n$/);
    });
  });
});
