import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from './agents-check.js';

let out: string;
let err: string;

beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('agents:check', () => {
  it('prints the agents and who hands over to whom', async () => {
    expect(await main(['--dir', 'agents'])).toBe(0);
    expect(out).toContain('3 agents\n');
    expect(out).toContain('1 scenario\n');
    expect(out).toContain('    concierge -> fraud_desk (announced): ');
    expect(err).toBe('');
  });

  it('prints every fault with its place, and fails', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'parley-check-'));
    mkdirSync(path.join(root, 'desk'));
    writeFileSync(path.join(root, 'desk', 'agent.yaml'), 'description: Desk.\ncolour: red\n');
    writeFileSync(path.join(root, 'desk', 'prompt.md'), 'Hello.');
    expect(await main(['--dir', root])).toBe(1);
    expect(err).toContain('desk/agent.yaml:2:1 colour: unknown key; there are description, ');
    expect(out).toBe('');
    rmSync(root, { recursive: true });
  });

  it('refuses a language that the speech drivers do not have', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'parley-check-'));
    cpSync('agents', root, { recursive: true });
    const file = path.join(root, 'concierge', 'agent.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}language: de-DE\n`);
    expect(await main(['--dir', root])).toBe(1);
    expect(err).toMatch(/concierge\/agent\.yaml:\d+:11 language: "de-DE" is not .* allowed are en\n/);
    rmSync(root, { recursive: true });
  });

  it('refuses a default scenario that does not exist, as the start does', async () => {
    process.env.DEFAULT_SCENARIO = 'nope';
    try {
      expect(await main([])).toBe(1);
      expect(err).toContain('agents/scenarios/nope.yaml:1:1 is missing: it is the default scenario');
    } finally {
      delete process.env.DEFAULT_SCENARIO;
    }
  });

  it('explains itself, and refuses what it does not know', async () => {
    expect(await main(['--help'])).toBe(0);
    expect(out).toContain('Usage: npm run agents:check');
    expect(await main(['--dri', 'agents'])).toBe(1);
    expect(err).toContain('--dri');
  });
});
