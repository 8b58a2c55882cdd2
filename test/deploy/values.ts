import type { Values } from './helm.js';

/** The least that is taken. */
export const leastValues: Values = { secrets: { values: { AUTH_TOKENS: 'a-token-of-a-test-0001' } } };

const shared = {
  config: {
    CONVERSATION_STORE: 'cosmos',
    COSMOS_ENDPOINT: 'https://parley.documents.example.com',
    LLM_MODELS: 'azure:gpt-4o,embedded',
    AZURE_OPENAI_ENDPOINT: 'https://parley.openai.example.com',
    AZURE_OPENAI_AUTH: 'entra',
    AUDIO_ARCHIVE: 'blob',
    AZURE_STORAGE_BLOB_ENDPOINT: 'https://parley.blob.example.com',
    CALL_RECORDING: 'stereo',
    RECORDING_JOURNAL_BYTES: 1_073_741_824,
    VAD_THRESHOLD: 0.6,
    GREETING: false,
  },
  secrets: {
    values: {
      AUTH_TOKENS: 'a-token-of-a-test-0001',
      REDIS_URL: 'rediss://:secret-of-a-test@redis.example.com:10000/0',
      PUSHER_SECRET: 'a-secret-of-a-test-0001',
    },
  },
};

/** Values that different people will have, by name. Each of them is linted, rendered and read by the server. */
export const matrix: Record<string, Values> = {
  least: leastValues,
  'for development': { environment: 'development', tests: { enabled: false }, networkPolicy: { enabled: false } },
  'one pod with a disk': {
    ...leastValues,
    config: { CALL_RECORDING: 'stereo' },
    voice: { data: { kind: 'existingClaim', existingClaim: 'parley-data' } },
  },
  'several pods': { ...shared, voice: { replicas: 3, data: { kind: 'ephemeral', storageClassName: 'fast' } } },
  'voice and pusher': {
    ...shared,
    voice: { replicas: 3, config: { LOG_LEVEL: 'warn' } },
    pusher: { enabled: true, config: { LLM_MODELS: 'azure:gpt-4o' } },
  },
  'on nginx': {
    ...shared,
    pusher: { enabled: true },
    ingress: {
      enabled: true,
      controller: 'nginx',
      className: 'nginx',
      host: 'voice.example.com',
      tlsSecret: 'voice-tls',
    },
    networkPolicy: { from: [{ namespaceSelector: { matchLabels: { name: 'ingress-nginx' } } }] },
    voice: { autoscaling: { kind: 'hpa', minReplicas: 3, maxReplicas: 12 } },
  },
  'on an application gateway': {
    ...shared,
    pusher: { enabled: true },
    ingress: {
      enabled: true,
      controller: 'agic',
      className: 'azure-application-gateway',
      host: 'voice.example.com',
      tlsSecret: 'voice-tls',
      annotations: { 'appgw.ingress.kubernetes.io/request-timeout': '7200' },
      trustedProxies: ['10.225.0.0/16', '2001:db8:7::/64'],
    },
    workloadIdentity: { enabled: true, clientId: '00000000-0000-4000-8000-000000000001' },
    voice: {
      maxSessions: 40,
      autoscaling: {
        kind: 'keda',
        prometheusAddress: 'http://prometheus.monitoring:9090',
        prometheusAuthentication: 'managed',
      },
    },
  },
  'seen from all sides': {
    ...shared,
    pusher: { enabled: true },
    networkPolicy: { collectorTo: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }] },
    telemetry: {
      endpoint: 'http://collector.monitoring:4318',
      traces: { enabled: true, sampleRatio: 0.25 },
      metrics: { otlp: true },
    },
    monitoring: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      rules: { enabled: true, labels: { release: 'prometheus' } },
      dashboards: { enabled: true, annotations: { grafana_folder: 'Parley' } },
    },
  },
  'unseen, with secrets of its own': {
    secrets: { existingSecret: 'parley-from-vault', filesSecret: 'parley-files' },
    config: { API_KEYS_FILE: '/etc/parley/secrets/keys.yaml' },
    telemetry: { metrics: { enabled: false } },
    serviceAccount: { create: false, name: 'calls' },
  },
  'with everything else': {
    ...leastValues,
    fullnameOverride: 'desk',
    image: {
      repository: 'registry.example.com/parley',
      digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
      pullPolicy: 'Always',
    },
    imagePullSecrets: [{ name: 'registry' }],
    agents: {
      files: {
        '_defaults.yaml': 'language: en-US\n',
        'front_desk/agent.yaml': 'description: "says: {{ hello }}"\n',
        'front_desk/prompt.md': 'You are {{ agent.name }}.\n',
        'scenarios/banking.yaml': 'start: front_desk\n',
      },
    },
    config: { MCP_ENABLED_SERVERS: 'cardapi' },
    mcp: { files: { 'cardapi.yaml': 'url: https://tools.example.com/mcp\n' } },
    extraEnv: [{ name: 'CARDAPI_TOKEN', valueFrom: { secretKeyRef: { name: 'tools', key: 'card' } } }],
    extraVolumes: [{ name: 'models', persistentVolumeClaim: { claimName: 'models' } }],
    extraVolumeMounts: [{ name: 'models', mountPath: '/models', readOnly: true }],
    voice: {
      nodeSelector: { pool: 'calls' },
      tolerations: [{ key: 'calls', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'calls',
      podAnnotations: { team: 'desk' },
      podLabels: { tier: 'front' },
      disruptionBudget: { enabled: false },
      topologySpread: { enabled: false },
      drain: { preStopSeconds: 0, callsSeconds: 3600, shutdownSeconds: 20 },
      terminationGracePeriodSeconds: 3700,
    },
    securityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
    service: {
      type: 'LoadBalancer',
      port: 443,
      annotations: { 'service.example.com/internal': 'true' },
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    },
    networkPolicy: {
      from: [{ namespaceSelector: { matchLabels: { name: 'gateways' } } }],
      metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      egressPorts: [443],
      extraEgress: [{ ports: [{ port: 5432, protocol: 'TCP' }] }],
    },
  },
};
