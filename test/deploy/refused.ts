import type { Values } from './helm.js';
import { leastValues, matrix } from './values.js';

export const several = matrix['voice and pusher']!;
const identity = '00000000-0000-4000-8000-000000000001';
const ownLabels = Object.fromEntries(
  ['name', 'instance', 'component', 'version'].map((label) => [`app.kubernetes.io/${label}`, 'x']),
);
const withConfig = (values: Values, config: Values): Values => ({
  ...values,
  config: { ...(values['config'] as Values), ...config },
});
const onNoCpu = /^voice\.autoscaling\.cpuUtilization is per cent .* voice\.resources\.requests\.cpu is not set/;
const onTheDisk = /^Recordings would be lost with their pod/;

/** Each is refused with exactly these sentences, in whatever order. */
export const refused: readonly [name: string, values: Values, sentences: readonly RegExp[]][] = [
  ['nobody could get in', {}, [/^Nobody could get in: in production, set secrets\.values\.AUTH_TOKENS/]],
  [
    'several processes that share nothing',
    withConfig(
      { ...several, secrets: leastValues['secrets'] },
      { CONVERSATION_STORE: 'sqlite', AUDIO_ARCHIVE: 'disk' },
    ),
    [/share their state in Redis/, /cannot share a SQLite file/, /need a secret in common/, onTheDisk],
  ],
  [
    'listened audio on the disk of a pod',
    withConfig(several, { AUDIO_ARCHIVE: 'disk', CALL_RECORDING: 'off', LISTEN_AUDIO: 'on' }),
    [onTheDisk],
  ],
  [
    'grace periods that are too short, and new versions that never come',
    {
      ...several,
      voice: { terminationGracePeriodSeconds: 300, maxSurge: 0 },
      pusher: { enabled: true, terminationGracePeriodSeconds: 30, maxSurge: '0%' },
    },
    [
      /^voice\.terminationGracePeriodSeconds is 300, but preStop \(10 s\), live calls \(300 s\) and stopping \(15 s\) may take 325 s/,
      /^pusher\.terminationGracePeriodSeconds is 30,/,
      /^voice\.maxSurge is 0, and no pod may be missing/,
      /^pusher\.maxSurge is 0%/,
    ],
  ],
  [
    'a grace period that just does not fit',
    { ...several, voice: { terminationGracePeriodSeconds: 325 } },
    [/Give it more than 325/],
  ],
  [
    'one disk for several pods',
    { ...several, voice: { replicas: 2, data: { kind: 'existingClaim', existingClaim: 'data' } } },
    [/^voice\.data\.existingClaim is for one pod/],
  ],
  [
    'one disk, without a name, for pods that scale by nothing',
    {
      ...several,
      voice: {
        data: { kind: 'existingClaim' },
        autoscaling: { kind: 'hpa', minReplicas: 5, maxReplicas: 4, cpuUtilization: 0, sessions: false },
      },
    },
    [
      /^voice\.data\.existingClaim is for one pod/,
      /existingClaim names none/,
      /minReplicas \(5\) is more than maxReplicas \(4\)/,
      /nothing to go by/,
    ],
  ],
  [
    'scaling by, and scraping of, metrics that are off',
    {
      ...several,
      voice: { autoscaling: { kind: 'keda' } },
      telemetry: { metrics: { enabled: false } },
      monitoring: { serviceMonitor: { enabled: true } },
    },
    [
      /set voice\.autoscaling\.prometheusAddress/,
      /telemetry\.metrics\.enabled=true, or sessions=false/,
      /has nothing to scrape/,
    ],
  ],
  [
    'scaling by what is never reached, and by a part of nothing',
    {
      ...several,
      voice: {
        maxSessions: 40,
        autoscaling: { kind: 'hpa', sessionsPerPod: 37 },
        resources: { requests: { cpu: null } },
      },
    },
    [/^voice\.autoscaling\.sessionsPerPod is 37, and voice\.maxSessions 40: .* Give at most 36,/, onNoCpu],
  ],
  [
    'scaling by the one call that a pod takes, and by a part of zero',
    {
      ...several,
      voice: { maxSessions: 1, autoscaling: { kind: 'hpa' }, resources: { requests: { cpu: '0m' } } },
    },
    [/^voice\.autoscaling\.sessionsPerPod is 1, .* Set voice\.maxSessions to 2 or more/, onNoCpu],
  ],
  [
    'nodes that are never drained',
    {
      ...several,
      voice: { disruptionBudget: { maxUnavailable: 0 } },
      pusher: { enabled: true, disruptionBudget: { maxUnavailable: '0%' } },
    },
    [
      /^voice\.disruptionBudget\.maxUnavailable is 0: no node/,
      /^pusher\.disruptionBudget\.maxUnavailable is 0%: .*pusher\.disruptionBudget\.enabled=false/,
    ],
  ],
  [
    'variables that get around what other values say',
    {
      ...leastValues,
      telemetry: { endpoint: 'http://collector.mon:4318' },
      extraEnv: [
        { name: 'DRAIN_LIMIT_MS', value: '3600000' },
        { name: 'AUTH_TOKENS', value: 'a-token-of-a-test-0002' },
        { name: 'COSMOS_KEY', valueFrom: { configMapKeyRef: { name: 'open', key: 'cosmos' } } },
        { name: 'CONVERSATION_STORE', valueFrom: { configMapKeyRef: { name: 'desk', key: 'store' } } },
        { name: 'POD_NAME', value: 'x' },
        { name: 'CARDAPI_TOKEN', value: 'once' },
        { name: 'CARDAPI_TOKEN', value: 'twice' },
      ],
    },
    [
      /^extraEnv must not have DRAIN_LIMIT_MS: voice\.drain\.callsSeconds/,
      /^extraEnv has AUTH_TOKENS in the open: it is a secret/,
      /^extraEnv has COSMOS_KEY in the open/,
      /^extraEnv must not have CONVERSATION_STORE: put it into config\.CONVERSATION_STORE/,
      /^extraEnv must not have POD_NAME: the chart sets it/,
      /^extraEnv has CARDAPI_TOKEN more than once/,
    ],
  ],
  [
    'labels that the chart sets itself',
    {
      ...several,
      workloadIdentity: { enabled: true, clientId: identity },
      voice: { podLabels: { ...ownLabels, 'azure.workload.identity/use': 'false', team: 'desk' } },
      pusher: { enabled: true, podLabels: { 'helm.sh/chart': 'x' } },
      monitoring: { rules: { enabled: true, labels: { 'app.kubernetes.io/name': 'x' } } },
    },
    [
      ...Object.keys(ownLabels).map((label) => new RegExp(`^voice\\.podLabels must not have ${label}: the chart`)),
      /^voice\.podLabels must not have azure\.workload\.identity\/use/,
      /^pusher\.podLabels must not have helm\.sh\/chart/,
      /^monitoring\.rules\.labels must not have app\.kubernetes\.io\/name/,
    ],
  ],
  [
    'what names something that is not there',
    {
      ...leastValues,
      telemetry: { traces: { enabled: true }, metrics: { port: 8000 } },
      mcp: { files: { 'cardapi.yaml': 'url: https://tools.example.com/mcp\n' } },
      service: { externalTrafficPolicy: 'Local', loadBalancerSourceRanges: ['198.51.100.0/24'] },
      ingress: { enabled: true },
      workloadIdentity: { enabled: true },
      agents: { existingConfigMap: 'agents' },
    },
    [
      /set telemetry\.endpoint/,
      /telemetry\.metrics\.port is 8000/,
      /name those to be used in config\.MCP_ENABLED_SERVERS, such as cardapi\./,
      /externalTrafficPolicy is for service\.type NodePort and LoadBalancer/,
      /loadBalancerSourceRanges is for service\.type LoadBalancer/,
      /^ingress\.enabled needs ingress\.host/,
      /needs workloadIdentity\.clientId/,
      /needs agents\.items/,
    ],
  ],
  [
    'what contradicts itself, and a collector whose port nobody names',
    {
      ...leastValues,
      telemetry: { endpoint: 'http://collector.mon' },
      service: { type: 'NodePort', loadBalancerSourceRanges: ['198.51.100.0/24'] },
      workloadIdentity: { enabled: true, clientId: identity },
      serviceAccount: { create: false },
      agents: {
        existingConfigMap: 'agents',
        items: { '_defaults.yaml': 'defaults' },
        files: { '_defaults.yaml': 'language: en-US' },
      },
    },
    [
      /the metadata service of their node included: name the port/,
      /loadBalancerSourceRanges is for service\.type LoadBalancer/,
      /serviceAccount\.create is false/,
      /exclude each other/,
    ],
  ],
  [
    'a collector on port 80, anywhere',
    { ...leastValues, telemetry: { endpoint: 'http://collector.mon:80' } },
    [/networkPolicy\.collectorTo/],
  ],
  [
    'what nobody has filled in, and secrets that are guessed',
    {
      image: { repository: '<registry>.azurecr.io/parley' },
      secrets: {
        values: {
          AUTH_TOKENS: 'a-token-of-a-test-0001, short',
          PUSHER_SECRET: 'with a space in between',
          COSMOS_KEY: '<key>',
        },
      },
      config: { AZURE_OPENAI_ENDPOINT: 'https://<account>-openai.openai.azure.com' },
      ingress: { enabled: true, host: '<host>', annotations: { rewrite: '(?<rest>.*)' } },
      workloadIdentity: { enabled: true, clientId: '00000000-0000-0000-0000-000000000000', tenantId: '<tenant id>' },
      extraEnv: [{ name: 'CARDAPI_TOKEN', value: '<token>' }],
    },
    [
      /^image\.repository still has <registry> in it/,
      /^config\.AZURE_OPENAI_ENDPOINT still has <account> in it/,
      /^ingress\.host still has <host> in it/,
      /^workloadIdentity\.tenantId still has <tenant id> in it/,
      /^workloadIdentity\.clientId has only zeros/,
      /^extraEnv\[0\]\.value still has <token> in it/,
      /^secrets\.values\.COSMOS_KEY is still what is to be filled in/,
      /^secrets\.values\.AUTH_TOKENS has a token of less than 16 characters/,
      /^secrets\.values\.PUSHER_SECRET must have 16 characters or more, without spaces/,
    ],
  ],
];
