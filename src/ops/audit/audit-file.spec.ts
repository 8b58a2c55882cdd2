import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '../../kernel/clock.js';
import { checkChain } from './audit-chain.js';
import { AuditFile, auditFilesIn } from './audit-file.js';

let folder: string;
let clock: ManualClock;
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'parley-audit-')), 'audit');
  clock = new ManualClock();
});
afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }));

const entry = (object: string) => ({
  who: 'anna',
  role: 'operator',
  tenant: 'acme',
  action: 'DELETE /api/v1/sessions/:id',
  object,
  result: '204',
});

/** A process that writes these, one after the other. */
async function run(...objects: string[]): Promise<void> {
  const file = new AuditFile(folder, clock);
  await Promise.all(objects.map((object) => file.append(entry(object))));
  await file.close();
  await clock.advance(1000);
}

async function contents(): Promise<Map<string, string>> {
  const names = await auditFilesIn(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)),
  );
}

const problems = async (): Promise<readonly string[]> => checkChain(await contents()).problems;

async function change(file: number, how: (lines: string[]) => string[]): Promise<void> {
  const [name, text] = [...(await contents())][file]!;
  await writeFile(path.join(folder, name), how(text.split('\n')).join('\n'));
}

describe('the audit log', () => {
  it('has every entry, in order, in files that only their owner can read', async () => {
    await run('a', 'b', 'c');
    const [[name, text]] = [...(await contents())] as [[string, string]];
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ seq, object, who }) => [seq, object, who])).toEqual([
      [1, 'a', 'anna'],
      [2, 'b', 'anna'],
      [3, 'c', 'anna'],
    ]);
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await problems()).toEqual([]);
  });

  it('goes on over processes; one that does nothing writes nothing', async () => {
    await run('a', 'b');
    await run();
    await run('c');
    expect((await contents()).size).toBe(2);
    expect(checkChain(await contents())).toEqual({ lines: 3, problems: [] });
  });

  it('is begun by several processes at the same moment, each its own file', async () => {
    await run('a');
    const files = [new AuditFile(folder, clock), new AuditFile(folder, clock)];
    await Promise.all(files.map((file) => file.append(entry('b'))));
    await Promise.all(files.map((file) => file.close()));
    expect((await contents()).size).toBe(3);
    expect(await problems()).toEqual([]);
  });

  it.each([
    ['a line that is taken out', 0, (lines: string[]) => lines.toSpliced(1, 1), 'does not follow'],
    ['the first line taken out', 0, (lines: string[]) => lines.slice(1), 'does not follow'],
    ['the last lines of a file taken out', 0, (lines: string[]) => [...lines.slice(0, 2), ''], 'its end is missing'],
    ['a line that is changed', 0, (lines: string[]) => lines.map((line) => line.replace('"b"', '"x"')), 'was changed'],
    ['lines that have changed places', 0, ([a, b, ...rest]: string[]) => [b!, a!, ...rest], 'does not follow'],
    ['a line that is put in', 1, (lines: string[]) => [lines[0]!, lines[0]!, ''], 'does not follow'],
    ['a line that is none', 1, (lines: string[]) => [lines[0]!, 'hello', ''], 'is no line'],
    ['a line that is cut off', 1, (lines: string[]) => [lines[0]!.slice(0, 40)], 'cut off'],
  ])('shows %s', async (_, file, how, problem) => {
    await run('a', 'b', 'c');
    await run('d');
    expect(await problems()).toEqual([]);
    await change(file, how);
    expect((await problems()).join('\n')).toContain(problem);
  });

  it.each([
    ['a line', 9],
    ['the first line', 0],
  ])('tells of %s that was taken out once, however many follow', async (_what, at) => {
    await run(...Array.from({ length: 21 }, (_, number) => String(number)));
    await run('v');
    await change(0, (lines) => lines.toSpliced(at, 1));
    const [name] = [...(await contents()).keys()];
    expect(await problems()).toEqual([
      `${name}:${at + 1}: does not follow on the line before; something was taken out or put in`,
    ]);
  });

  it('shows that a file is missing', async () => {
    await run('a');
    await run('b');
    await run('c');
    const names = await auditFilesIn(folder);
    await rm(path.join(folder, names[1]!));
    expect(await problems()).toEqual([`${names[2]}: what came before it is not there, or its end is missing`]);
  });
});
