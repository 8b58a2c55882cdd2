import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';

/** What helm makes of the chart with the least values; test/deploy holds it against the chart. */
const RENDERED = path.join(packageRoot, 'test', 'deploy', 'golden', 'least.golden');
/** Kubernetes' own, where the chart says nothing. */
const TIMEOUT_SECONDS = 1;

export interface Probe {
  readonly path: string;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** So many in a row. */
  readonly failures: number;
}

type Kind = 'startup' | 'liveness' | 'readiness';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [Readonly<Record<string, Given>>] } };
  };
}

interface Given {
  readonly httpGet: { readonly path: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold: number;
}

/** How the chart has the pods of the voice server asked. */
export function chartProbes(): Readonly<Record<Kind, Probe>> {
  const objects = parseAllDocuments(readFileSync(RENDERED, 'utf8')).map((one) => one.toJS() as Rendered | null);
  const voice = objects.find((one) => one?.kind === 'Deployment' && one.metadata.name === 'parley-voice');
  if (!voice) throw new Error(`${RENDERED} has no deployment of the voice server`);
  const [container] = voice.spec.template.spec.containers;
  const probe = (kind: Kind): Probe => {
    const { httpGet, periodSeconds, timeoutSeconds = TIMEOUT_SECONDS, failureThreshold } = container[`${kind}Probe`]!;
    return {
      path: httpGet.path,
      periodMs: periodSeconds * 1000,
      timeoutMs: timeoutSeconds * 1000,
      failures: failureThreshold,
    };
  };
  return { startup: probe('startup'), liveness: probe('liveness'), readiness: probe('readiness') };
}
