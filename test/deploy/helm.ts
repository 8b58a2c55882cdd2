import { afterAll, describe } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const CHART = path.resolve('helm/parley');

/** A helm that was built with `go install` takes 1.20 for the cluster's version. */
const KUBERNETES = '1.34.0';

const helm = process.env['PARLEY_HELM'] ?? 'helm';
const isThere = spawnSync(helm, ['version', '--short']).status === 0;

/** Runs where there is a helm. Elsewhere it is skipped, and says so; in CI it must not be missing. */
export function describeWithHelm(name: string, tests: () => void): void {
  if (isThere || process.env['CI'] === 'true')
    return describe(name, () => {
      afterAll(() => {
        if (annotated) rmSync(path.dirname(annotated), { recursive: true, force: true });
        annotated = undefined;
      });
      tests();
    });
  process.stderr.write(`\nSKIPPED: ${name}: no helm on the PATH; set PARLEY_HELM\n\n`);
  describe.skip(name, tests);
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec: Record<string, unknown>;
  readonly data?: Record<string, string>;
  readonly automountServiceAccountToken?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { name: string; value?: string; valueFrom?: unknown }[];
  readonly envFrom: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[];
  readonly [field: string]: unknown;
}

export interface Pod {
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    name: string;
    configMap?: { name: string; items?: { key: string; path: string }[] };
    [kind: string]: unknown;
  }[];
  readonly terminationGracePeriodSeconds: number;
  readonly [field: string]: unknown;
}

/** Values as in a values file. */
export type Values = Record<string, unknown>;

/** What `helm template` makes of the chart with these values. */
export class Rendered {
  constructor(
    readonly text: string,
    readonly objects: readonly KubernetesObject[],
    /** NOTES.txt; helm itself shows it only where there is a cluster. */
    readonly notes = '',
  ) {}

  all(kind: string): KubernetesObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  /** The one of this kind whose name ends so; fails if there is none, or several. */
  the(kind: string, ending = ''): KubernetesObject {
    const found = this.all(kind).filter(({ metadata }) => metadata.name.endsWith(ending));
    if (found.length !== 1) {
      const there = this.objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ');
      throw new Error(`${found.length} objects are a ${kind} …${ending}; there are ${there}`);
    }
    return found[0]!;
  }

  pod(component: 'voice' | 'pusher'): Pod {
    return podOf(this.the('Deployment', `-${component}`));
  }

  container(component: 'voice' | 'pusher'): Container {
    return this.pod(component).containers[0]!;
  }

  /** Variables of a container as Kubernetes would set them; those it takes from a foreign Secret are not among them. */
  environment(component: 'voice' | 'pusher'): Record<string, string> {
    const { env, envFrom } = this.container(component);
    const sources = envFrom.flatMap(({ configMapRef, secretRef }) => {
      const name = configMapRef?.name ?? secretRef?.name;
      const source = this.objects.find(
        ({ kind, metadata }) => kind === (configMapRef ? 'ConfigMap' : 'Secret') && metadata.name === name,
      );
      const entries = Object.entries(source?.data ?? {});
      return configMapRef ? entries : entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
    });
    const own = env.map(({ name, value }) => [name, value ?? `from-${name}`]);
    return Object.fromEntries([...sources, ...own]) as Record<string, string>;
  }
}

export function podOf({ spec }: KubernetesObject): Pod {
  return (spec['template'] as { spec: Pod }).spec;
}

/** Whether a selector's labels are among these. */
export function hits(selector: unknown, labels: Record<string, string>): boolean {
  return Object.entries(selector as Record<string, string>).every(([name, value]) => labels[name] === value);
}

const known = new Map<string, Rendered>();

/** Throws what helm says when the chart refuses the values. Of the same values there is one, for all tests of a file. */
export function render(values: Values = {}, release?: string): Rendered {
  const key = JSON.stringify([values, release]);
  const rendered = known.get(key) ?? renderFrom((annotated ??= annotatedChart()), values, release);
  known.set(key, rendered);
  return rendered;
}

/** The same of a chart that is not ours as it stands. */
export function renderFrom(chart: string, values: Values, release = 'parley'): Rendered {
  const text = withValues(values, (file) =>
    run(['template', release, chart, '-n', 'calls', '-f', file, '--kube-version', KUBERNETES]),
  );
  // Kubernetes reads YAML 1.1, in which `off` and `010` are no texts.
  const objects = parseAllDocuments(text, { version: '1.1' }).map(
    (document) => document.toJS() as KubernetesObject | null,
  );
  return new Rendered(
    text,
    objects.filter((object) => object !== null && object.kind !== 'Notes') as KubernetesObject[],
    objects.find((object) => object?.kind === 'Notes')?.data?.['text'],
  );
}

/** What helm says to values that the chart refuses. */
export function refusal(values: Values, release?: string): string {
  try {
    render(values, release);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the chart takes these values');
}

/** The sentences in it: what is wrong with these values, each. */
export function problems(values: Values, release?: string): string[] {
  return [...refusal(values, release).matchAll(/^- (.+)$/gm)].map(([, sentence]) => sentence!);
}

/** `helm lint --strict`; throws what it finds. */
export function lint(values: Values): string {
  return withValues(values, (file) => run(['lint', '--strict', CHART, '-f', file, '--kube-version', KUBERNETES]));
}

/** A copy of the chart in which NOTES.txt is an object among the others. */
let annotated: string | undefined;

function annotatedChart(): string {
  const chart = copyOf(CHART);
  const file = path.join(chart, 'templates', 'NOTES.txt');
  const object =
    '{ apiVersion: v1, kind: Notes, metadata: { name: notes }, data: { text: {{ include "notes" . | toJson }} } }';
  writeFileSync(
    path.join(chart, 'templates', 'notes.yaml'),
    `{{- define "notes" }}${readFileSync(file, 'utf8')}{{ end -}}\n${object}\n`,
  );
  return chart;
}

/** Hands a copy of the chart to `use`, in which files may be changed. */
export function withCopyOf<T>(chart: string, use: (copy: string) => T): T {
  const copy = copyOf(chart);
  try {
    return use(copy);
  } finally {
    rmSync(path.dirname(copy), { recursive: true, force: true });
  }
}

/** In a folder of its own. */
function copyOf(chart: string): string {
  const copy = path.join(mkdtempSync(path.join(tmpdir(), 'parley-chart-')), 'parley');
  cpSync(chart, copy, { recursive: true });
  return copy;
}

function withValues<T>(values: Values, use: (file: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-helm-'));
  try {
    const file = path.join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(helm, args, {
    encoding: 'utf8',
    // Neither a cluster nor settings of whoever runs this.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: '/nonexistent/config' },
  });
  if (error) throw new Error(`helm cannot be run (${error.message}): put it on the PATH, or set PARLEY_HELM`);
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}
