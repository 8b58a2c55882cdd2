import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadAgents } from '../../src/agents/agent-loader.js';
import { ShippedAgents } from '../../src/agents/testing/shipped-agents.js';
import { type Container, type Pod, type Values, describeWithHelm, render } from './helm.js';
import { leastValues } from './values.js';

const script = (folder: string): Values =>
  JSON.parse(execFileSync(process.execPath, ['deploy/agents-values.mjs', folder], { encoding: 'utf8' })) as Values;

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'parley-agents-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As the kubelet does: what is at the top are links into `..data`, itself a link, so that all of it changes at once. */
function mount(pod: Pod, container: Container, data: Record<string, string>): string {
  const place = mkdtempSync(path.join(root, 'pod-'));
  const { mountPath } = container.volumeMounts.find(({ name }) => name === 'agents')!;
  const { items } = pod.volumes.find(({ name }) => name === 'agents')!.configMap!;
  const at = path.join(place, mountPath);
  mkdirSync(path.join(at, '..2026_11_21'), { recursive: true });
  symlinkSync('..2026_11_21', path.join(at, '..data'));
  for (const { key, path: file } of items!) {
    mkdirSync(path.dirname(path.join(at, '..data', file)), { recursive: true });
    writeFileSync(path.join(at, '..data', file), data[key]!);
  }
  for (const name of readdirSync(path.join(at, '..data'))) symlinkSync(path.join('..data', name), path.join(at, name));
  return at;
}

describeWithHelm('agents in a ConfigMap', () => {
  const shipped = new ShippedAgents();
  afterAll(() => shipped.close());
  const namesIn = (directory: string): string[] =>
    loadAgents({ directory, defaultScenario: 'banking', tools: shipped.registry.known() }).agents.map(
      ({ name }) => name,
    );

  it('are a folder that the server reads like the one they came from', () => {
    const rendered = render({ ...leastValues, ...script('agents') });
    expect(rendered.environment('voice')).toMatchObject({ AGENTS_DIR: '/etc/parley/agents' });
    const { data } = rendered.the('ConfigMap', '-agents');
    const folder = mount(rendered.pod('voice'), rendered.container('voice'), data!);
    const files = readdirSync('agents', { recursive: true, encoding: 'utf8' }).filter((file) => /\.\w+$/.test(file));
    for (const file of files)
      expect(readFileSync(path.join(folder, file), 'utf8')).toBe(readFileSync(path.join('agents', file), 'utf8'));
    expect(namesIn(folder)).toEqual(namesIn('agents'));
  });

  it('may be in one that exists', () => {
    const items = {
      '_defaults.yaml': 'defaults',
      'concierge/agent.yaml': 'concierge',
      'concierge/prompt.md': 'prompt',
    };
    const rendered = render({ ...leastValues, agents: { existingConfigMap: 'desk-agents', items } });
    const folder = mount(rendered.pod('voice'), rendered.container('voice'), {
      defaults: 'a',
      concierge: 'b',
      prompt: 'c',
    });
    expect(readFileSync(path.join(folder, 'concierge/prompt.md'), 'utf8')).toBe('c');
    expect(readFileSync(path.join(folder, '_defaults.yaml'), 'utf8')).toBe('a');
    expect(rendered.all('ConfigMap').map(({ metadata }) => metadata.name)).not.toContain('parley-agents');
    expect(JSON.stringify(rendered.pod('voice').volumes)).toContain('"name":"desk-agents"');
  });
});

describe('the script that makes values of a folder', () => {
  it('takes YAML and prompts, and nothing else', () => {
    const folder = mkdtempSync(path.join(root, 'content-'));
    mkdirSync(path.join(folder, 'desk'));
    for (const file of [
      '_defaults.yaml',
      'desk/agent.yaml',
      'desk/prompt.md',
      'desk/notes.txt',
      'desk/.agent.yaml.swp',
    ])
      writeFileSync(path.join(folder, file), file);
    expect(script(folder)).toEqual({
      agents: {
        files: {
          '_defaults.yaml': '_defaults.yaml',
          'desk/agent.yaml': 'desk/agent.yaml',
          'desk/prompt.md': 'desk/prompt.md',
        },
      },
    });
  });

  it('says so when there is too much for a ConfigMap', () => {
    const folder = mkdtempSync(path.join(root, 'content-'));
    mkdirSync(path.join(folder, 'desk'));
    writeFileSync(path.join(folder, 'desk/prompt.md'), 'x'.repeat(1_000_001));
    expect(() => execFileSync(process.execPath, ['deploy/agents-values.mjs', folder], { stdio: 'pipe' })).toThrow(
      /put it into an image/,
    );
  });

  it('does not come from a folder that is not there, and that is one line', () => {
    const { status, stderr } = spawnSync(process.execPath, ['deploy/agents-values.mjs', 'no-such-agents'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `There is no folder no-such-agents; it is looked for from ${process.cwd()}.\n`,
    });
  });
});
