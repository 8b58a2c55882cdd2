import { createServer } from 'node:net';
import { ServerConfig } from '../../../config/server.config.js';
import { TelemetryConfig } from '../../../config/telemetry.config.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { codeOf, reasonOf } from '../../../kernel/reasons.js';

const LIMIT_MS = 3000;
const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Our ports are listened on, unless a Parley does so already. */
export function portChecks(deployment: Deployment): Check[] {
  const { host, port } = deployment.section(ServerConfig);
  const { metricsExporter, metricsHost, metricsPort } = deployment.section(TelemetryConfig);
  const serves = metricsExporter.includes('prometheus');
  const checks: Check[] = [
    {
      about: 'port',
      settings: ['HOST', 'PORT'],
      limitMs: LIMIT_MS,
      examine: async () => [
        ...(await examine(host, port, ['HOST', 'PORT'], `http://${reachable(host)}:${port}/api/v1/health`)),
        ...reachFindings(deployment),
      ],
    },
  ];
  if (!serves) return checks;
  const url = `http://${reachable(metricsHost)}:${metricsPort}/metrics`;
  const examineMetrics = async (): Promise<Finding[]> =>
    port === metricsPort && port !== 0
      ? [problem(say`it is PORT (${port}), too`, ['METRICS_PORT'], 'Give it a port of its own')]
      : await examine(metricsHost, metricsPort, ['METRICS_HOST', 'METRICS_PORT'], url);
  const settings = ['METRICS_HOST', 'METRICS_PORT'];
  return [...checks, { about: 'port of metrics', settings, limitMs: LIMIT_MS, examine: examineMetrics }];
}

async function examine(host: string, port: number, settings: readonly string[], url: string): Promise<Finding[]> {
  try {
    await listen(host, port);
    return [ok(say`${host}:${port} is free`)];
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE') {
      if (await isParley(url)) return [ok(say`${host}:${port}: a Parley listens there already`)];
      return [
        problem(
          say`${host}:${port} is taken by something else`,
          settings,
          'Give it another port, or end what is there',
        ),
      ];
    }
    if (code === 'EACCES')
      return [
        problem(say`${host}:${port}: this user may not`, settings, 'Use a port from 1024 on, and map it outside'),
      ];
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return [problem(say`${host} is no address of this machine`, settings, 'Use 0.0.0.0, or one that it has')];
    return [problem(say`${host}:${port}: ${reasonOf(error)}`, settings, 'Give another address or port')];
  }
}

/** In a container nobody else is on the machine itself. */
function reachFindings(deployment: Deployment): Finding[] {
  const { host } = deployment.section(ServerConfig);
  const isInCluster = deployment.variables['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (!isInCluster || EVERYWHERE.has(host)) return [];
  return [warning(say`in a pod, nobody reaches ${host}`, ['HOST'], 'Set HOST=0.0.0.0')];
}

function listen(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

async function isParley(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS / 2) });
    return /Parley|# (HELP|TYPE) /.test(await response.text());
  } catch {
    return false;
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
