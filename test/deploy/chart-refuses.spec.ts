import { expect, it } from '@jest/globals';
import { describeWithHelm, refusal, render, type Values } from './helm.js';
import { leastValues, matrix } from './values.js';

const several = matrix['voice and pusher']!;
const withConfig = (config: Values): Values => ({
  ...several,
  config: { ...(several['config'] as Values), ...config },
});
const withoutSecret = (name: string): Values => {
  const { [name]: _, ...values } = (several['secrets'] as { values: Values }).values;
  return { ...several, secrets: { values } };
};
const withVoice = (voice: Values): Values => ({ ...several, voice });

describeWithHelm('the chart says before anything is installed what would not work', () => {
  it.each<[string, Values, RegExp]>([
    ['nobody could get in', {}, /Nobody could get in: in production, set secrets\.values\.AUTH_TOKENS/],
    ['several processes without Redis', withoutSecret('REDIS_URL'), /share their state in Redis/],
    ['a pusher without a secret', withoutSecret('PUSHER_SECRET'), /need a secret in common/],
    ['several processes with SQLite', withConfig({ CONVERSATION_STORE: 'sqlite' }), /cannot share a SQLite file/],
    ['recordings on the disk of a pod', withConfig({ AUDIO_ARCHIVE: 'disk' }), /would be lost with their pod/],
    [
      'listened audio on the disk of a pod',
      withConfig({ AUDIO_ARCHIVE: 'disk', CALL_RECORDING: 'off', LISTEN_AUDIO: 'on' }),
      /would be lost with their pod/,
    ],
    [
      'a grace period that is too short',
      withVoice({ terminationGracePeriodSeconds: 300 }),
      /voice\.terminationGracePeriodSeconds is 300, but preStop \(10 s\), live calls \(300 s\) and stopping \(15 s\) may take 325 s/,
    ],
    [
      'a grace period that just does not fit',
      withVoice({ terminationGracePeriodSeconds: 325 }),
      /Give it more than 325/,
    ],
    [
      'a pusher’s grace period that is too short',
      { ...several, pusher: { enabled: true, terminationGracePeriodSeconds: 30 } },
      /pusher\.terminationGracePeriodSeconds is 30/,
    ],
    [
      'one disk for several pods',
      withVoice({ replicas: 2, data: { kind: 'existingClaim', existingClaim: 'data' } }),
      /voice\.data\.existingClaim is for one pod/,
    ],
    [
      'one disk for pods that scale',
      withVoice({ data: { kind: 'existingClaim', existingClaim: 'data' }, autoscaling: { kind: 'hpa' } }),
      /voice\.data\.existingClaim is for one pod/,
    ],
    ['a disk without a name', withVoice({ data: { kind: 'existingClaim' } }), /names none/],
    [
      'more pods at least than at most',
      withVoice({ autoscaling: { kind: 'hpa', minReplicas: 5, maxReplicas: 4 } }),
      /minReplicas \(5\) is more than maxReplicas \(4\)/,
    ],
    [
      'nothing to scale by',
      withVoice({ autoscaling: { kind: 'hpa', cpuUtilization: 0, sessions: false } }),
      /nothing to go by/,
    ],
    [
      'KEDA without Prometheus',
      withVoice({ autoscaling: { kind: 'keda' } }),
      /set voice\.autoscaling\.prometheusAddress/,
    ],
    [
      'scaling by a metric that is off',
      { ...withVoice({ autoscaling: { kind: 'hpa' } }), telemetry: { metrics: { enabled: false } } },
      /telemetry\.metrics\.enabled=true, or sessions=false/,
    ],
    [
      'scraping what is off',
      {
        ...leastValues,
        telemetry: { metrics: { enabled: false } },
        monitoring: { serviceMonitor: { enabled: true } },
      },
      /has nothing to scrape/,
    ],
    [
      'traces without a collector',
      { ...leastValues, telemetry: { traces: { enabled: true } } },
      /set telemetry\.endpoint/,
    ],
    ['a new version that never comes', withVoice({ maxSurge: 0 }), /voice\.maxSurge is 0, and no pod may be missing/],
    [
      'a new version of the pusher that never comes',
      { ...several, pusher: { enabled: true, maxSurge: '0%' } },
      /pusher\.maxSurge is 0%/,
    ],
    [
      'metrics where calls come in',
      { ...leastValues, telemetry: { metrics: { port: 8000 } } },
      /telemetry\.metrics\.port is 8000/,
    ],
    ...['name', 'instance', 'component', 'version'].map((label): [string, Values, RegExp] => [
      `the ${label} of pods under which they are found`,
      withVoice({ podLabels: { [`app.kubernetes.io/${label}`]: 'x' } }),
      /voice\.podLabels must not have app\.kubernetes\.io\//,
    ]),
    [
      'a pusher’s labels that are the chart’s',
      { ...several, pusher: { enabled: true, podLabels: { 'helm.sh/chart': 'x' } } },
      /pusher\.podLabels must not have helm\.sh\/chart/,
    ],
    [
      'a label twice',
      {
        ...leastValues,
        workloadIdentity: { enabled: true, clientId: '00000000-0000-4000-8000-000000000001' },
        voice: { podLabels: { 'azure.workload.identity/use': 'false' } },
      },
      /must not have azure\.workload\.identity\/use/,
    ],
    [
      'labels of monitoring that are the chart’s',
      { ...leastValues, monitoring: { rules: { enabled: true, labels: { 'app.kubernetes.io/name': 'x' } } } },
      /monitoring\.rules\.labels must not have/,
    ],
    [
      'a collector whose port nobody names',
      { ...leastValues, telemetry: { endpoint: 'http://collector.mon' } },
      /the metadata service of their node included: name the port/,
    ],
    [
      'a collector on port 80, anywhere',
      { ...leastValues, telemetry: { endpoint: 'http://collector.mon:80' } },
      /networkPolicy\.collectorTo/,
    ],
    [
      'tool servers that nobody uses',
      { ...leastValues, mcp: { files: { 'cardapi.yaml': 'url: https://tools.example.com/mcp\n' } } },
      /name those to be used in config\.MCP_ENABLED_SERVERS, such as cardapi\./,
    ],
    [
      'a policy of balancers without one',
      { ...leastValues, service: { externalTrafficPolicy: 'Local' } },
      /is for service\.type NodePort and LoadBalancer/,
    ],
    [
      'networks of a balancer without one',
      { ...leastValues, service: { type: 'NodePort', loadBalancerSourceRanges: ['198.51.100.0/24'] } },
      /loadBalancerSourceRanges is for service\.type LoadBalancer/,
    ],
    [
      'an identity without an id',
      { ...leastValues, workloadIdentity: { enabled: true } },
      /needs workloadIdentity\.clientId/,
    ],
    [
      'an identity without an account',
      {
        ...leastValues,
        workloadIdentity: { enabled: true, clientId: '00000000-0000-4000-8000-000000000001' },
        serviceAccount: { create: false },
      },
      /serviceAccount\.create is false/,
    ],
    [
      'agents whose files nobody knows',
      { ...leastValues, agents: { existingConfigMap: 'agents' } },
      /needs agents\.items/,
    ],
    [
      'agents from two places',
      {
        ...leastValues,
        agents: {
          existingConfigMap: 'agents',
          items: { '_defaults.yaml': 'defaults' },
          files: { '_defaults.yaml': 'language: en-US' },
        },
      },
      /exclude each other/,
    ],
  ])('%s', (_, values, sentence) => {
    expect(refusal(values)).toMatch(sentence);
  });

  it.each<[string, Values, RegExp]>([
    ['a key that does not exist', { replicas: 3 }, /additional properties 'replicas' not allowed/],
    [
      'a key that does not exist, deeper',
      { voice: { drain: { limitSeconds: 3 } } },
      /\/voice\/drain'.*'limitSeconds'/s,
    ],
    ['a number that is a text', { voice: { maxSessions: 'many' } }, /\/voice\/maxSessions'/],
    ['a digest that is none', { image: { digest: 'sha256:abc' } }, /\/image\/digest'/],
    ['a kind of scaling that does not exist', { voice: { autoscaling: { kind: 'vpa' } } }, /\/autoscaling\/kind'/],
    ['the user root', { securityContext: { runAsUser: 0 } }, /\/securityContext\/runAsUser'/],
    ['a drain longer than the server takes', { voice: { drain: { callsSeconds: 3601 } } }, /\/callsSeconds'/],
    [
      'an agents’ file outside of its folder',
      { agents: { files: { '../x/agent.yaml': 'x' } } },
      /at '\/agents\/files': additional properties/,
    ],
    ['a metrics port of root', { telemetry: { metrics: { port: 80 } } }, /\/telemetry\/metrics\/port'/],
    ['an empty secret', { secrets: { values: { AUTH_TOKENS: '' } } }, /AUTH_TOKENS'/],
  ])('%s, by the schema', (_, values, place) => {
    expect(refusal({ ...leastValues, ...values })).toMatch(place);
  });

  it('and takes labels of others, and a collector on port 80 where it is known where', () => {
    expect(render(withVoice({ podLabels: { team: 'desk' } })).objects).not.toEqual([]);
    const collector = { podSelector: { matchLabels: { app: 'collector' } } };
    const { spec } = render({
      ...leastValues,
      telemetry: { endpoint: 'http://collector.mon' },
      networkPolicy: { collectorTo: [collector] },
    }).the('NetworkPolicy');
    expect(spec['egress']).toContainEqual({ ports: [{ port: 80, protocol: 'TCP' }], to: [collector] });
  });

  it('and takes a grace period that fits', () => {
    expect(render(withVoice({ terminationGracePeriodSeconds: 326 })).pod('voice').terminationGracePeriodSeconds).toBe(
      326,
    );
  });
});
