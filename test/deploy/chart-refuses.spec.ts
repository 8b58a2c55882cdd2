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

  it('and takes a grace period that fits', () => {
    expect(render(withVoice({ terminationGracePeriodSeconds: 326 })).pod('voice').terminationGracePeriodSeconds).toBe(
      326,
    );
  });
});
