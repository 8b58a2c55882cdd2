import { describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../src/cli/packages-check.js';
import { advisoryProblems } from '../../src/cli/packages/advisories.js';
import { licenceProblems } from '../../src/cli/packages/licences.js';

const licences = {
  allowed: ['MIT', 'Apache-2.0'],
  allowed_for_development: ['MPL-2.0'],
  exceptions: [{ package: 'odd', licence: 'WTFPL', reason: 'looked at by somebody', reviewed: '2026-01-01' }],
};
const odd = { 'node_modules/odd': { license: 'WTFPL' } };

/** What the command says, and its exit code. */
async function run(...args: string[]): Promise<{ said: string; code: number }> {
  let said = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((said += String(text)), true));
  const code = await main(args).finally(() => write.mockRestore());
  return { said, code };
}

describe('licences', () => {
  it.each([
    ['node_modules/a', { license: 'MIT' }, []],
    ['node_modules/a', { license: '(MIT OR GPL-3.0)' }, []],
    ['node_modules/a', { license: 'Apache-2.0 AND MIT' }, []],
    ['node_modules/a', { license: 'MPL-2.0', dev: true }, []],
    ['node_modules/a', { link: true }, []],
    ['node_modules/a', { license: 'MPL-2.0' }, ['a is under "MPL-2.0", which config/packages.yaml does not allow']],
    ['node_modules/a', { license: 'MIT AND GPL-3.0' }, [expect.stringContaining('GPL-3.0')]],
    ['node_modules/a', {}, [expect.stringContaining('"unknown"')]],
    ['node_modules/x/node_modules/@b/c', { license: 'SSPL-1.0' }, [expect.stringContaining('@b/c is under')]],
  ])('of %s: %j', (place, given, problems) => {
    expect(licenceProblems({ packages: { '': {}, ...odd, [place]: given } }, licences)).toEqual(problems);
  });

  it('that are excepted are so for that licence only, and as long as something needs it', () => {
    expect(licenceProblems({ packages: odd }, licences)).toEqual([]);
    expect(licenceProblems({ packages: {} }, licences)).toEqual([expect.stringContaining('nothing needs')]);
    const other = { packages: { 'node_modules/odd': { license: 'GPL-3.0' } } };
    expect(licenceProblems(other, licences)).toHaveLength(2);
  });
});

describe('vulnerabilities', () => {
  const advisory = (severity: 'low' | 'high') => ({
    vulnerabilities: {
      ws: {
        nodes: ['node_modules/ws'],
        via: [{ url: 'https://github.com/advisories/GHSA-1', title: 'A hole', severity, range: '<9' }],
      },
      above: { nodes: ['node_modules/above'], via: ['ws'] },
    },
  });
  const policy = (until?: string) => ({
    from: 'moderate' as const,
    exceptions: until === undefined ? [] : [{ id: 'GHSA-1', reason: 'does not reach us', until }],
  });

  it.each([
    ['is a problem', 'high', undefined, ['ws <9: high: A hole (GHSA-1)']],
    ['is none below the severity that counts', 'low', undefined, []],
    ['is none while it is excepted', 'high', '2026-11-21', []],
    ['is one again after that', 'high', '2026-11-20', [expect.stringContaining('ended on 2026-11-20')]],
  ] as const)('one that is known %s', (_, severity, until, problems) => {
    expect(advisoryProblems(advisory(severity), policy(until), '2026-11-21', () => true)).toEqual(problems);
  });

  it('of what only tests the product is none', () => {
    expect(advisoryProblems(advisory('high'), policy(), '2026-11-21', () => false)).toEqual([]);
  });

  it('one that is gone leaves no exception behind', () => {
    const problems = advisoryProblems({ vulnerabilities: {} }, policy('2030-01-01'), '2026-11-21', () => true);
    expect(problems).toEqual([expect.stringContaining('nothing needs')]);
  });
});

describe('npm run packages:check', () => {
  it('finds every package of this product allowed, and writes what it is made of', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-sbom-'));
    const file = path.join(folder, 'sbom.json');
    const { said, code } = await run('--offline', '--sbom', file);
    expect(said).toMatch(/licences of \d+ packages: as they should be/);
    expect(code).toBe(0);
    const bill = JSON.parse(readFileSync(file, 'utf8')) as { bomFormat: string; components: { name: string }[] };
    const names = bill.components.map(({ name }) => name);
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(names).toEqual(expect.arrayContaining(['ws', 'zod', 'helmet']));
    expect(names).not.toContain('jest');
    expect(names.length).toBeGreaterThan(250);
    rmSync(folder, { recursive: true });
  }, 60_000);

  it.each([
    ['tells of a vulnerability that the registry knows', 200, 1, 'high: A hole (GHSA-9)'],
    [
      'says loudly that it could not ask, why, and what to do',
      503,
      3,
      'NOT looked for: npm audit was answered with 503.',
    ],
    ['says so of a registry that answers no audits', 405, 3, 'was answered with 405: this registry answers no audits'],
  ])(
    '%s',
    async (_, status, exitCode, words) => {
      const hole = {
        url: 'https://github.com/advisories/GHSA-9',
        title: 'A hole',
        severity: 'high',
        vulnerable_versions: '*',
      };
      const asked: (string | undefined)[] = [];
      const registry = createServer((request: IncomingMessage, response) => {
        asked.push(request.url);
        request.resume();
        if (request.method === 'GET') {
          // Of the package, and of those that need it.
          const name = decodeURIComponent(request.url!.slice(1));
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ name, 'dist-tags': {}, versions: {} }));
          return;
        }
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(status === 200 ? { ws: [{ id: 9, ...hole, cwe: [], cvss: {} }] } : {}));
      });
      await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
      const before = { ...process.env };
      process.env['npm_config_registry'] = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
      process.env['npm_config_fetch_retries'] = '0';
      const { said, code } = await run();
      process.env = before;
      await new Promise((resolve) => registry.close(resolve));
      expect(said).toContain(words);
      expect(said.includes('--offline looks at licences only')).toBe(exitCode === 3);
      expect(code).toBe(exitCode);
      expect(asked).toContain('/-/npm/v1/security/advisories/bulk');
    },
    60_000,
  );
});
