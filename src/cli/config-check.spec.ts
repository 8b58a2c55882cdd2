import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { main } from './config-check.js';

let out = '';
let err = '';
const before = { ...process.env };

beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  Object.assign(process.env, { NODE_ENV: 'test', AUTH_TOKENS: 'the-first-of-them-all,the-second-of-them-all' });
  for (const name of ['REDIS_URL', 'PARLEY_CONFIG', 'ALLOWED_ORIGINS', 'PUBLIC_URL']) delete process.env[name];
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

const valueOf = (variable: string): string | undefined =>
  new RegExp(String.raw`^  ${variable} +(.*?) +(environment|default\.yaml|overlay|unset)$`, 'm').exec(out)?.[1];

describe('npm run config:check', () => {
  it('has one sign for what is not set, secret or not, and masks secrets that are', async () => {
    expect(await main([])).toBe(0);
    for (const variable of ['REDIS_URL', 'TWILIO_AUTH_TOKEN', 'PUBLIC_URL', 'ALLOWED_ORIGINS', 'PUSHER_SECRET'])
      expect([variable, valueOf(variable)]).toEqual([variable, '–']);
    expect(valueOf('AUTH_TOKENS')).toBe('********, ********');
    expect(out).not.toMatch(/^ {2}\w+ +(unset|default\.yaml|environment)$/m);
    expect(out).not.toContain('of-them-all');
  });

  it('says the same to programs', async () => {
    expect(await main(['--json'])).toBe(0);
    const rows = JSON.parse(out) as { variable: string; value: unknown }[];
    const values = Object.fromEntries(rows.map(({ variable, value }) => [variable, value]));
    expect(values).toMatchObject({ REDIS_URL: null, PUBLIC_URL: null, AUTH_TOKENS: ['********', '********'] });
    expect(rows.filter(({ value }) => value === '' || value === undefined)).toEqual([]);
    expect(out).not.toContain('of-them-all');
  });

  it.each([{ args: [] }, { args: ['--json'] }])(
    'warns of names that are none of ours, and takes nothing amiss: $args',
    async ({ args }) => {
      process.env['REDIS_ULR'] = 'redis://:swordfish@localhost';
      process.env['LLM_GREETING'] = 'swordfish';
      expect(await main(args)).toBe(0);
      expect(err.split('\n')).toEqual([
        'WARNING: REDIS_ULR is no setting: did you mean REDIS_URL? Correct the name, or take it out',
        expect.stringMatching(
          /^WARNING: LLM_GREETING is no setting, and no file refers to it\. Nothing reads it: docs/,
        ),
        '',
      ]);
      expect(out + err).not.toContain('swordfish');
    },
  );

  it('names the misspelled one also where the right one is missing', async () => {
    delete process.env['AUTH_TOKENS'];
    Object.assign(process.env, { NODE_ENV: 'production', AUTH_TOKEN: 'the-first-of-them-all' });
    expect(await main([])).toBe(1);
    expect(err).toMatch(/AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER: none is set[^]+did you mean AUTH_TOKENS\?/);
  });
});
