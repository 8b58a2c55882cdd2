import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { configClasses } from '../../src/config/config-classes.js';
import { loadConfig } from '../../src/config/load.js';
import { CHART, type Values, describeWithHelm, problems, render } from './helm.js';
import { exists } from './schema.js';
import { leastValues, matrix } from './values.js';

const defaults = parse(readFileSync(path.join(CHART, 'values.yaml'), 'utf8')) as Values;
const readme = readFileSync(path.join(CHART, 'README.md'), 'utf8');
const guide = readFileSync('docs/deploy-kubernetes.md', 'utf8');
const settings = new Set(configClasses.flatMap((config) => Object.values(config.settings).map(({ env }) => env)));

/** `voice.drain.callsSeconds` and so on: everything that has a value of its own. */
function leaves(values: Values, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    const isOpen = isMap && (Object.keys(value).length === 0 || /resources$|dashboards\.labels$/.test(prefix + key));
    return isMap && !isOpen ? leaves(value as Values, `${prefix}${key}.`) : [`${prefix}${key}`];
  });
}

const keysOf = (text: string): string[] =>
  [...text.replaceAll(/```.*?```/gs, '').matchAll(/`([^`]+)`/g)].map(([, key]) => key!);

describe('values of the chart', () => {
  it('are in the schema, each of them', () => {
    expect(leaves(defaults).filter((key) => !exists(key))).toEqual([]);
  });

  it('are explained in the README, each of them, and nothing else is', () => {
    const cells = readme
      .slice(readme.indexOf('## Values'))
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|')[1]!);
    const explained = cells
      .flatMap(keysOf)
      .flatMap((key) =>
        key.startsWith('….') ? ['voice', 'pusher'].map((component) => component + key.slice(1)) : [key],
      );
    expect(explained.toSorted()).toEqual(leaves(defaults).toSorted());
  });
});

describe('docs/deploy-kubernetes.md', () => {
  const roots = Object.keys(defaults);
  const named = keysOf(guide)
    .map((text) => text.split(':')[0]!)
    .filter((text) => /^[a-z]\w*(\.\w+)+$/.test(text) && roots.includes(text.split('.')[0]!));
  const set = [...guide.matchAll(/--set(?:-string)?[ =]([\w.]+)=/g)].map(([, key]) => key!);

  it('names keys', () => {
    expect(named.length).toBeGreaterThan(10);
    expect(set).toEqual(expect.arrayContaining(['config.DEFAULT_SCENARIO', 'image.digest']));
  });

  it.each([...new Set([...named, ...set])])('has a key that there is: %s', (key) => {
    expect(exists(key)).toBe(true);
  });

  it('names settings that the server knows', () => {
    const written = [...guide.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => name);
    // Of the shell, and the client's.
    const others = new Set(['REDIS_KEY', 'REDIS_HOST', 'PARLEY_TOKEN', 'D4s_v5']);
    expect([...new Set(written)].filter((name) => !settings.has(name) && !others.has(name))).toEqual([]);
  });

  it('sets every variable of the shell that it uses', () => {
    const shell = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, code]) => code!).join('\n');
    const assigned = new Set([...shell.matchAll(/(?:^|;\s*|\s)([A-Z_]+)=/g)].map(([, name]) => name!));
    const used = [...shell.matchAll(/\$([A-Z_]+)/g)].map(([, name]) => name!);
    expect(used.filter((name) => !assigned.has(name))).toEqual([]);
  });

  it('says the limits that follow from the values', () => {
    const { drain } = defaults['voice'] as { drain: Record<string, number> };
    for (const [key, seconds] of Object.entries(drain))
      expect(guide).toContain(`${seconds} s (\`voice.drain.${key}\`)`);
  });
});

describeWithHelm('the values of docs/deploy-kubernetes.md', () => {
  const blocks = [...guide.matchAll(/```yaml\n# (\w+\.yaml).*?\n(.*?)```/gs)];
  const [, , unfilled] = blocks.find(([, name]) => name === 'aks.yaml')!;
  const aks = parse(filledIn(unfilled!)) as Values;

  it('are refused until they are filled in', () => {
    expect(problems(parse(unfilled!) as Values)).toEqual(
      expect.arrayContaining(
        [
          'image.repository still has <registry>',
          'workloadIdentity.clientId',
          'ingress.host',
          'config.COSMOS_ENDPOINT',
        ].map((start) => expect.stringContaining(start) as unknown),
      ),
    );
  });

  it.each(blocks.map(([, name, text]) => [name!, text!]))('%s is taken by the chart', (name, text) => {
    const values = parse(text) as Values;
    const rendered = render(name === 'aks.yaml' ? aks : { ...aks, ...merged(aks, values) });
    expect(rendered.all('Deployment')).toHaveLength(2);
    // No limit of the page makes another one pointless.
    expect(rendered.notes).not.toContain('MAX_SESSIONS_CLUSTER');
    expect(rendered.notes).not.toContain('NOTE:');
  });

  it('meet what the page says of them', () => {
    const rendered = render(aks);
    // The subject of the federated credential.
    expect(guide).toContain(`system:serviceaccount:calls:${rendered.the('ServiceAccount').metadata.name}`);
    expect(guide).toContain(`deploy/${rendered.the('Deployment', '-voice').metadata.name}`);
    expect(rendered.pod('voice').terminationGracePeriodSeconds).toBe(330);
    expect(guide).toContain('330 s that a voice pod may take to end');
    expect(rendered.environment('voice')).toHaveProperty('PUBLIC_URL', 'https://voice.example.com');
  });

  it('leave nothing open that the chart warns of', () => {
    const gateway = parse(blocks.find(([, name]) => name === 'gateway.yaml')![2]!) as Values;
    for (const values of [aks, { ...aks, ...merged(aks, gateway) }]) {
      expect(render(values).notes).not.toContain('WARNING');
      for (const { spec } of render(values).all('NetworkPolicy'))
        for (const { from } of spec['ingress'] as { from?: object[] }[]) {
          expect(from).not.toHaveLength(0);
          expect(from).not.toContainEqual({ namespaceSelector: {} });
        }
    }
  });

  it('differ from what there is without: the page says what that is', () => {
    const [calls, metrics] = render(leastValues).the('NetworkPolicy').spec['ingress'] as { from?: object[] }[];
    expect(calls!.from).toBeUndefined();
    expect(guide).toContain('let anybody connect to voice pods');
    expect(metrics!.from).toEqual([{ namespaceSelector: {} }]);
    expect(guide.replaceAll(/\s+/g, ' ')).toContain('every namespace of the cluster to the metrics');
    const { strategy } = render(matrix['one pod with a disk']).the('Deployment').spec as { strategy: unknown };
    expect(strategy).toEqual({ type: 'Recreate' });
    expect(guide.replaceAll(/\s+/g, ' ')).toContain('Not so with `voice.data.kind: existingClaim`');
  });

  it('are, with the secrets of the page, a configuration that the server starts with', () => {
    const [, command] = /create secret generic parley-secrets \\\n(.*?)```/s.exec(guide)!;
    const secrets = [...command!.matchAll(/--from-literal=(\w+)=/g)].map(([, name]) => name!);
    expect(secrets).toEqual(['AUTH_TOKENS', 'PUSHER_SECRET', 'REDIS_URL']);
    const given = {
      AUTH_TOKENS: 'x'.repeat(48),
      PUSHER_SECRET: 'y'.repeat(48),
      REDIS_URL: 'rediss://:k%3D@host:10000/0',
    };
    const rendered = render(aks);
    for (const component of ['voice', 'pusher'] as const)
      expect(() => loadConfig({ ...rendered.environment(component), ...given })).not.toThrow();
  });

  it('the first line of the README is enough for a call', () => {
    expect(readme).toContain('--set-string secrets.values.AUTH_TOKENS=');
    expect(readme).toContain('port-forward svc/parley 8000:80');
    // Nobody has seen the token: the page says how to, as helm does.
    const { name } = render(leastValues).the('Secret').metadata;
    const command = `get secret ${name} -o jsonpath='{.data.AUTH_TOKENS}' | base64 -d`;
    expect(readme).toContain(command);
    expect(render(leastValues).notes).toContain(`kubectl -n calls ${command}`);
    expect(render(leastValues).the('Service', 'parley').spec['ports']).toMatchObject([{ port: 80 }]);
  });
});

/** With the command of the page, and what its variables could be. */
function filledIn(values: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-guide-'));
  try {
    writeFileSync(path.join(folder, 'aks.yaml'), values);
    const [, command] = /```sh\n(sed .*? aks\.yaml)\n```/s.exec(guide)!;
    const env = {
      PATH: process.env['PATH'],
      REGISTRY: 'parley0123abcd',
      ACCOUNT: 'parley4567efab',
      GROUP: 'parley',
      CLIENT: '00000000-0000-4000-8000-000000000001',
      SUBSCRIPTION: '00000000-0000-4000-8000-000000000002',
      HOST: 'voice.example.com',
    };
    execFileSync('/bin/sh', ['-eu', '-c', command!], { cwd: folder, env });
    return readFileSync(path.join(folder, 'aks.yaml'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One level below the top, as far as these pages need it. */
function merged(base: Values, over: Values): Values {
  return Object.fromEntries(
    Object.entries(over).map(([key, value]) => [key, { ...(base[key] as Values), ...(value as Values) }]),
  );
}
