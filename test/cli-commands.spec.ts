import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** As `npm run` has them, for where there is no npm. */
describe('the commands of the image', () => {
  it('are listed for who asks', () => {
    const { code, out, err } = run('--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^There are agents:check, .*doctor, .*packages:check; each has --help\.\n$/);
  });

  it.each([
    [['doktor'], 'Unknown command "doktor". There are '],
    [[], 'A command is missing. There are '],
  ])('are listed for who writes %j', (args, says) => {
    const { code, err } = run(...args);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
