import { expect, it } from '@jest/globals';
import { describeWithHelm, problems, refusal, render, type Values } from './helm.js';
import { refused, several } from './refused.js';
import { leastValues } from './values.js';

/** All of them wrong at once: helm names each place. */
const notOfTheSchema: Values = {
  ...leastValues,
  replicas: 3,
  voice: { drain: { limitSeconds: 3, callsSeconds: 3601 }, maxSessions: 'many', autoscaling: { kind: 'vpa' } },
  image: { digest: 'sha256:abc' },
  securityContext: { runAsUser: 0 },
  agents: { files: { '../x/agent.yaml': 'x' } },
  telemetry: { metrics: { port: 80 } },
  secrets: { values: { AUTH_TOKENS: '' } },
  nameOverride: 'A_b',
  fullnameOverride: '9x',
};

describeWithHelm('the chart says before anything is installed what would not work', () => {
  it.each(refused)('%s', (_, values, sentences) => {
    const said = problems(values);
    for (const sentence of sentences) expect(said).toContainEqual(expect.stringMatching(sentence));
    expect(said.filter((line) => !sentences.some((sentence) => sentence.test(line)))).toEqual([]);
    expect(said).toHaveLength(sentences.length);
    // What is wrong with a secret is said without it.
    expect(said.join('\n')).not.toMatch(/of-a-test|in between/);
  });

  it.each<[string, RegExp]>([
    ['a key that does not exist', /additional properties 'replicas' not allowed/],
    ['a key that does not exist, deeper', /\/voice\/drain'.*'limitSeconds'/],
    ['a number that is a text', /\/voice\/maxSessions'/],
    ['a digest that is none', /\/image\/digest'/],
    ['a kind of scaling that does not exist', /\/autoscaling\/kind'/],
    ['the user root', /\/securityContext\/runAsUser'/],
    ['a drain longer than the server takes', /\/callsSeconds'/],
    ['an agents’ file outside of its folder', /at '\/agents\/files': additional properties/],
    ['a metrics port of root', /\/telemetry\/metrics\/port'/],
    ['an empty secret', /AUTH_TOKENS'/],
    ['a name that no label may have', /'\/nameOverride'/],
    ['a name that no Service may have', /'\/fullnameOverride'/],
  ])('%s, by the schema', (_, place) => {
    expect(notOfTheSchemaSaid()).toMatch(place);
  });

  let said: string | undefined;
  const notOfTheSchemaSaid = (): string => (said ??= refusal(notOfTheSchema));

  it.each(['1parley', 'my.parley'])('a release %s, after which no Service may be called', (release) => {
    expect(problems(leastValues, release)).toEqual([
      expect.stringMatching(`^Objects would be called ${release}-…, which no Service may be: .* Set fullnameOverride`),
    ]);
    expect(render({ ...leastValues, fullnameOverride: 'calls' }, release).the('Service', 'calls')).toBeDefined();
  });

  it('and takes as few sessions as an autoscaler sees the need of another pod by, and a limit for a request', () => {
    const rendered = render({
      ...several,
      voice: {
        maxSessions: 40,
        autoscaling: { kind: 'hpa', sessionsPerPod: 36 },
        resources: { requests: { cpu: null }, limits: { cpu: '500m' } },
      },
    });
    expect(JSON.stringify(rendered.the('HorizontalPodAutoscaler').spec)).toContain('"averageValue":"36"');
  });

  it('and takes secrets of other Secrets, under whatever key', () => {
    const from = (name: string): Values => ({ name, valueFrom: { secretKeyRef: { name: 'vault', key: 'k' } } });
    const rendered = render({
      ...several,
      secrets: {},
      extraEnv: ['AUTH_TOKENS', 'REDIS_URL', 'PUSHER_SECRET'].map(from),
    });
    expect(rendered.container('voice').env).toContainEqual(from('REDIS_URL'));
  });

  it('and takes labels of others, and a collector on port 80 where it is known where', () => {
    const collector = { podSelector: { matchLabels: { app: 'collector' } } };
    const rendered = render({
      ...leastValues,
      voice: { podLabels: { team: 'desk' } },
      telemetry: { endpoint: 'http://collector.mon' },
      networkPolicy: { collectorTo: [collector] },
    });
    expect(JSON.stringify(rendered.the('Deployment'))).toContain('"team":"desk"');
    expect(rendered.the('NetworkPolicy').spec['egress']).toContainEqual({
      ports: [{ port: 80, protocol: 'TCP' }],
      to: [collector],
    });
  });

  it('and takes secrets with brackets in them, and a comma at the end', () => {
    const values = { AUTH_TOKENS: 'a-token-of-a-test-0001,', COSMOS_KEY: 'x<a>y' };
    expect(render({ secrets: { values } }).environment('voice')).toMatchObject(values);
  });

  it('and takes a grace period that fits, and short tokens where nobody has to have one', () => {
    const rendered = render({
      environment: 'development',
      secrets: { values: { AUTH_TOKENS: 'short' } },
      voice: { terminationGracePeriodSeconds: 326 },
    });
    expect(rendered.pod('voice').terminationGracePeriodSeconds).toBe(326);
  });
});
