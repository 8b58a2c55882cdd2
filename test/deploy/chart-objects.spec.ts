import { expect, it } from '@jest/globals';
import { type KubernetesObject, type Values, describeWithHelm, hits, lint, podOf, render } from './helm.js';
import { leastValues, matrix } from './values.js';

const labelsOf = ({ spec }: KubernetesObject): Record<string, string> =>
  (spec['template'] as { metadata: { labels: Record<string, string> } }).metadata.labels;

const shared = (values: Values, config: Values): Values => ({
  ...values,
  config: { ...(values['config'] as Values), ...config },
});

describeWithHelm('the objects of the chart', () => {
  it.each(Object.entries(matrix))('%s: passes helm lint --strict', (_, values) => {
    expect(lint(values)).toContain('0 chart(s) failed');
  });

  it.each(Object.entries(matrix))('%s: every name, selector and volume leads somewhere', (_, values) => {
    const rendered = render(values);
    const ids = rendered.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
    const deployments = rendered.all('Deployment');
    expect(deployments.length).toBeGreaterThan(0);
    for (const deployment of deployments) {
      const labels = labelsOf(deployment);
      expect(hits((deployment.spec['selector'] as { matchLabels: unknown }).matchLabels, labels)).toBe(true);
      const { containers, volumes } = podOf(deployment);
      const [container] = containers;
      const mounts = container!.volumeMounts.map(({ mountPath }) => mountPath);
      expect(new Set(mounts).size).toBe(mounts.length);
      expect([...new Set(container!.volumeMounts.map(({ name }) => name))].sort()).toEqual(
        volumes.map(({ name }) => name).sort(),
      );
      const ours = container!.envFrom.flatMap(({ configMapRef }) => configMapRef ?? []);
      for (const { name } of ours) expect(ids).toContain(`ConfigMap/${name}`);
    }
    for (const { spec } of rendered.all('Service'))
      expect(deployments.some((deployment) => hits(spec['selector'], labelsOf(deployment)))).toBe(true);
    for (const { spec } of [...rendered.all('HorizontalPodAutoscaler'), ...rendered.all('ScaledObject')])
      expect(deployments.map(({ metadata }) => metadata.name)).toContain(
        (spec['scaleTargetRef'] as { name: string }).name,
      );
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy'])
      for (const { spec } of rendered.all(kind)) {
        const { matchLabels } = (spec['selector'] ?? spec['podSelector']) as { matchLabels: unknown };
        expect(deployments.filter((deployment) => hits(matchLabels, labelsOf(deployment)))).toHaveLength(1);
      }
  });

  it.each(Object.entries(matrix))('%s: no container may do more than it has to', (_, values) => {
    const rendered = render(values);
    const pods = [...rendered.all('Deployment').map(podOf), ...rendered.all('Pod').map(({ spec }) => spec)];
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod['hostNetwork'] ?? pod['hostPID'] ?? pod['hostIPC']).toBeUndefined();
      for (const container of pod['containers'] as Record<string, unknown>[]) {
        expect(container['securityContext']).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container['resources']).toMatchObject({ requests: expect.anything(), limits: expect.anything() });
      }
    }
    const account = rendered.all('ServiceAccount')[0];
    expect(account?.automountServiceAccountToken ?? false).toBe(false);
  });

  it.each(Object.entries(matrix))('%s: a pod has time for its calls before it is killed', (_, values) => {
    const rendered = render(values);
    for (const deployment of rendered.all('Deployment')) {
      const pod = podOf(deployment);
      const env = new Map(pod.containers[0]!.env.map(({ name, value }) => [name, Number(value)]));
      const { lifecycle } = pod.containers[0] as { lifecycle?: { preStop: { sleep: { seconds: number } } } };
      const needed =
        (lifecycle?.preStop.sleep.seconds ?? 0) * 1000 + env.get('DRAIN_LIMIT_MS')! + env.get('SHUTDOWN_LIMIT_MS')!;
      expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(needed);
      // An old pod may not go before a new one is ready.
      const { type, rollingUpdate } = deployment.spec['strategy'] as { type: string; rollingUpdate?: unknown };
      const isAlone = JSON.stringify(pod.volumes).includes('"claimName":"parley-data"');
      expect(type).toBe(isAlone ? 'Recreate' : 'RollingUpdate');
      if (!isAlone) expect(rollingUpdate).toMatchObject({ maxUnavailable: 0 });
    }
  });

  it('probes are those of the server', () => {
    const http = (where: string): unknown => ({ httpGet: { path: where, port: 'http' } });
    expect(render(leastValues).container('voice')).toMatchObject({
      startupProbe: { ...(http('/api/v1/health') as object), periodSeconds: 2, failureThreshold: 60 },
      livenessProbe: { ...(http('/api/v1/health') as object), periodSeconds: 10 },
      readinessProbe: { ...(http('/api/v1/ready') as object), periodSeconds: 5, failureThreshold: 2 },
      ports: [
        { name: 'http', containerPort: 8000 },
        { name: 'metrics', containerPort: 9464 },
      ],
      lifecycle: { preStop: { sleep: { seconds: 10 } } },
    });
    const early = render({ ...leastValues, probes: { readinessPath: '/api/v1/health', startupSeconds: 31 } });
    expect(early.container('voice')).toMatchObject({
      startupProbe: { failureThreshold: 16 },
      readinessProbe: http('/api/v1/health'),
    });
  });

  it('voice and pusher are one image in two roles, and find each other', () => {
    const rendered = render(matrix['voice and pusher']);
    expect(rendered.container('voice').image).toBe(rendered.container('pusher').image);
    expect(rendered.environment('voice')).toMatchObject({
      PARLEY_ROLE: 'voice',
      PUSHER_URL: `ws://${rendered.the('Service', '-pusher').metadata.name}:8000`,
    });
    expect(rendered.environment('pusher')).toMatchObject({ PARLEY_ROLE: 'pusher', DRAIN_LIMIT_MS: '0' });
    expect(render(leastValues).environment('voice')).toMatchObject({ PARLEY_ROLE: 'all' });
    expect(render(leastValues).all('Deployment')).toHaveLength(1);
  });

  it('pods are replaced when a setting, a secret or an agent changes, and only then', () => {
    const annotations = (values: object): unknown =>
      (
        render({ ...leastValues, ...values }).the('Deployment').spec['template'] as {
          metadata: KubernetesObject['metadata'];
        }
      ).metadata.annotations;
    const before = annotations({});
    expect(annotations({})).toEqual(before);
    expect(annotations({ config: { LOG_LEVEL: 'debug' } })).not.toEqual(before);
    expect(annotations({ secrets: { values: { AUTH_TOKENS: 'another-token-of-a-test' } } })).not.toEqual(before);
    expect(annotations({ agents: { files: { '_defaults.yaml': 'language: en-US' } } })).not.toEqual(before);
  });

  it('an Ingress lets calls live as long as they do, and leads to voice only, which asks the pusher what only that knows', () => {
    const nginx = render(matrix['on nginx']).the('Ingress');
    expect(nginx.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
    });
    expect(nginx.spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'voice-tls', hosts: ['voice.example.com'] }],
      rules: [
        {
          host: 'voice.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'parley', port: { name: 'http' } } } },
            ],
          },
        },
      ],
    });
    // What is given wins; the gateway waits for calls as long as the pod does.
    expect(render(matrix['on an application gateway']).the('Ingress').metadata.annotations).toMatchObject({
      'appgw.ingress.kubernetes.io/request-timeout': '7200',
      'appgw.ingress.kubernetes.io/connection-draining': 'true',
      'appgw.ingress.kubernetes.io/connection-draining-timeout': '325',
      'appgw.ingress.kubernetes.io/health-probe-path': '/api/v1/ready',
      'appgw.ingress.kubernetes.io/ssl-redirect': 'true',
    });
  });

  it('scales on sessions in use and CPU, up at once and down one by one', () => {
    const rendered = render(matrix['on nginx']);
    expect(rendered.the('HorizontalPodAutoscaler').spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 12,
      metrics: [
        { type: 'Pods', pods: { metric: { name: 'voice_sessions_slots_used' }, target: { averageValue: '14' } } },
        { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } },
      ],
      behavior: { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown: { policies: [{ type: 'Pods', value: 1 }] } },
    });
    expect(rendered.the('Deployment', '-voice').spec).not.toHaveProperty('replicas');
    expect(rendered.the('Deployment', '-pusher').spec).toHaveProperty('replicas', 2);
    const keda = render(matrix['on an application gateway']);
    expect(keda.all('HorizontalPodAutoscaler')).toEqual([]);
    expect(keda.the('ScaledObject').spec).toMatchObject({
      triggers: [
        {
          type: 'prometheus',
          metadata: {
            serverAddress: 'http://prometheus.monitoring:9090',
            query:
              'sum(voice_sessions_slots_used{namespace="calls",service="parley-metrics"}) or 0 * sum(up{namespace="calls",service="parley-metrics"} == 1)',
            threshold: '28',
          },
          authenticationRef: { name: 'managed' },
        },
        { type: 'cpu', metadata: { value: '60' } },
      ],
    });
    expect(keda.the('Service', '-metrics').metadata.name).toBe('parley-metrics');
  });

  it('a pusher is reached by pods of the release only, also behind an Ingress', () => {
    for (const name of ['voice and pusher', 'on nginx']) {
      const { spec } = render(matrix[name]).the('NetworkPolicy', '-pusher');
      const [calls] = spec['ingress'] as { from?: unknown[] }[];
      expect(calls!.from).toEqual([
        {
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'parley', 'app.kubernetes.io/instance': 'parley' } },
        },
      ]);
    }
    const [restricted] = render(matrix['with everything else']).the('NetworkPolicy').spec['ingress'] as {
      from: unknown[];
    }[];
    expect(restricted!.from).toContainEqual({ namespaceSelector: { matchLabels: { name: 'gateways' } } });
    const egress = JSON.stringify(render(matrix['seen from all sides']).the('NetworkPolicy', '-voice').spec['egress']);
    for (const port of [53, 443, 6379, 10_000, 4318]) expect(egress).toContain(`"port":${port},`);
    expect(egress).not.toContain('"port":80,');
  });

  it('workload identity is an annotation of the account and a label of the pods', () => {
    const rendered = render(matrix['on an application gateway']);
    expect(rendered.the('ServiceAccount').metadata.annotations).toEqual({
      'azure.workload.identity/client-id': '00000000-0000-4000-8000-000000000001',
    });
    for (const deployment of rendered.all('Deployment')) {
      expect(labelsOf(deployment)).toHaveProperty(['azure.workload.identity/use'], 'true');
      expect(podOf(deployment)['serviceAccountName']).toBe(rendered.the('ServiceAccount').metadata.name);
    }
    const foreign = render(matrix['unseen, with secrets of its own']);
    expect(foreign.all('ServiceAccount')).toEqual([]);
    expect(foreign.pod('voice')['serviceAccountName']).toBe('calls');
  });

  it('spreads pods over zones and nodes', () => {
    const constraints = render(leastValues).pod('voice')['topologySpreadConstraints'];
    expect(constraints).toMatchObject([
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      { topologyKey: 'kubernetes.io/hostname' },
    ]);
    expect(render(matrix['with everything else']).pod('voice')).not.toHaveProperty('topologySpreadConstraints');
  });

  it('notes say where the first call is made and with which token, and warn of what is open', () => {
    const notes = (values: Values): string => render(values).notes;
    expect(notes(leastValues)).toContain('kubectl -n calls port-forward svc/parley 8000:80');
    expect(notes(leastValues)).toContain('gone after\n330 s at the latest');
    expect(notes(leastValues)).toContain('conversations are in a file of the pod');
    expect(notes(matrix['on nginx']!)).toContain('https://voice.example.com/');
    expect(notes(matrix['on nginx']!)).not.toContain('WARNING');
    expect(notes(matrix['for development']!)).toContain('WARNING: environment is development');
    const open: Values = { ...matrix['on nginx'], ingress: { enabled: true, host: 'voice.example.com' } };
    expect(notes(open)).toContain('WARNING: the Ingress has no TLS');
    const believed = 'WARNING: whoever reaches the pods past the Ingress is believed';
    expect(notes(open)).not.toContain(believed);
    expect(notes({ ...open, networkPolicy: {} })).toContain(believed);
    const unguarded = { ...(open['networkPolicy'] as Values), enabled: false };
    expect(notes({ ...open, networkPolicy: unguarded })).toContain(believed);
    expect(
      notes({ ...open, networkPolicy: {}, config: { ...(open['config'] as Values), TRUST_PROXY: false } }),
    ).not.toContain(believed);
    expect(notes(matrix['on an application gateway']!)).not.toContain('WARNING');
    const token = (secret: string): string => `kubectl -n calls get secret ${secret} -o jsonpath='{.data.AUTH_TOKENS}'`;
    expect(notes(leastValues)).toContain(token('parley'));
    expect(notes(matrix['unseen, with secrets of its own']!)).toContain(
      `if one is in parley-from-vault:\n  ${token('parley-from-vault')}`,
    );
    expect(notes(matrix['for development']!)).not.toContain('AUTH_TOKENS');
    const why = 'kubectl -n calls exec deploy/parley-voice -- node deploy/image/probe.mjs /api/v1/ready';
    expect(notes(leastValues)).toContain(why);
  });

  it('notes say when pods could take more calls than all of them may', () => {
    const of = (pods: Values, MAX_SESSIONS_CLUSTER?: number): string =>
      render({ ...shared(matrix['several pods']!, { MAX_SESSIONS_CLUSTER }), voice: { maxSessions: 40, ...pods } })
        .notes;
    const scaling = { autoscaling: { kind: 'hpa', maxReplicas: 12 } };
    expect(of(scaling, 200)).toContain('lets 200 calls in, where 12 pods of 40 could take 480');
    expect(of({ replicas: 3 }, 119)).toContain('lets 119 calls in, where 3 pods of 40 could take 120');
    for (const enough of [of(scaling, 480), of({ replicas: 3 }, 120), of(scaling)])
      expect(enough).not.toContain('MAX_SESSIONS_CLUSTER');
  });

  it('a balancer of its own has the limits that are given', () => {
    expect(render(matrix['with everything else']).the('Service', 'desk').spec).toMatchObject({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    });
  });
});
