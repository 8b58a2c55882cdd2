import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ListenCaller } from '../listen/support/listen-caller.js';
import { PrometheusServer, type Sample, describeWithPrometheus } from '../support/prometheus.js';
import { alertFiles, alertsOf } from './alert-files.js';
import { BusyServer, SAID } from './busy-server.js';
import { dashboards, expressionsOf } from './dashboards.js';
import { documentedMetrics, underscored } from './documented-metrics.js';
import { namesIn } from './promql.js';

type Series = Readonly<Record<string, string>>;

/** What Prometheus and the exporter say about where a series is from. */
const ORIGIN = new Set(['__name__', 'job', 'instance', 'namespace', 'otel_scope_name', 'le']);
/** What does not happen on the server: voices to learn, outages, frames that are nonsense, audio that is too old. */
const NOTHING_OF_IT: readonly string[] = [
  'listen.speakers.clips',
  'pusher.conversations.reconciled',
  'pusher.frames.malformed',
  'pusher.link.requests.dropped',
  'pusher.link.segments.dropped',
  'pusher.segments.dropped',
  'pusher.speakers.samples',
  'recording.expired',
  'voice.gate.failures',
  'voice.gate.gaps',
];
/** What counts, and is there before anything has happened, as docs/metrics.md has it. */
const FROM_THE_START =
  /^(process_cpu_time|pusher_link_audio_lost|recording_pieces|voice_audio_dropped|voice_sessions_active|voice_sessions_refused|voice_speech_pool_.*)$/;
/** Of one label of one metric; there are not more reasons, routes or agents than that. */
const MOST_VALUES = 25;

describeWithPrometheus('a Prometheus that fetches the metrics of a server', () => {
  let busy: BusyServer;
  let prometheus: PrometheusServer;
  let atFirst: readonly Series[];
  let lentAtFirst: readonly Sample[];
  let series: readonly Series[];

  const all = (): Promise<readonly Series[]> => prometheus.series('{job="parley", __name__!~"ALERTS.*|scrape_.*|up"}');
  const labelsOf = (name: string): Set<string> =>
    new Set(series.filter((one) => one['__name__'] === name).flatMap((one) => Object.keys(one)));
  const isKnown = (name: string): boolean => labelsOf(name).size > 0;

  /** What an expression names and there is not. */
  function unknownIn(expression: string): string[] {
    const { series: named, grouping } = namesIn(expression);
    const ours = named.filter(([name]) => !['up', 'ALERTS'].includes(name));
    const labels = new Set(ours.flatMap(([name]) => [...labelsOf(name)]));
    return [
      ...ours.filter(([name]) => !isKnown(name)).map(([name]) => name),
      ...ours.flatMap(([name, of]) =>
        of.filter((label) => !labelsOf(name).has(label)).map((label) => `${name}{${label}}`),
      ),
      ...grouping.filter((label) => !labels.has(label)).map((label) => `by ${label}`),
    ];
  }

  /** Resolves once all that has happened was fetched. */
  async function fetched(times: number): Promise<void> {
    await prometheus.until(`sum(voice_sessions_total) >= ${busy.sessions.length}`);
    // The last that comes of it.
    await prometheus.until(`sum(pusher_job_duration_count{kind="webhook", outcome="done"}) >= ${times}`);
    // What grows needs more than one look.
    await prometheus.until(`min(timestamp(parley_build_info)) > ${Date.now() / 1000 + 2}`);
  }

  beforeAll(async () => {
    busy = await BusyServer.start();
    prometheus = await PrometheusServer.start({ parley: [busy.metricsAddress] }, alertFiles);
    await prometheus.until('parley_lifecycle_state{role="all", state="ready"} == 1');
    atFirst = await all();
    lentAtFirst = await prometheus.query('sum(voice_speech_pool_allocations_total)');
    await busy.happen();
    await fetched(1);
    series = await all();
  }, 120_000);

  afterAll(async () => {
    await prometheus?.stop();
    await busy?.stop();
  });

  it('understands each alert, which names nothing that is not there', async () => {
    const rules = await prometheus.rules();
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
    const unknown = alertFiles.flatMap(alertsOf).map(({ alert, expr }) => [alert, unknownIn(expr)] as const);
    expect(unknown.filter(([, names]) => names.length > 0)).toEqual([]);
    for (const { expr } of alertFiles.flatMap(alertsOf)) await prometheus.query(expr);
  });

  it('answers each panel, which names nothing that is not there', async () => {
    const unknown: [string, string[]][] = [];
    for (const [where, expression] of dashboards.flatMap(expressionsOf)) {
      await prometheus.query(expression);
      const names = unknownIn(expression);
      if (names.length > 0) unknown.push([where, names]);
    }
    expect(unknown).toEqual([]);
  });

  it('finds something for every panel', async () => {
    const empty: string[] = [];
    for (const [where, expression] of dashboards.flatMap(expressionsOf))
      if ((await prometheus.query(expression)).length === 0) empty.push(where);
    expect(empty).toEqual([]);
  });

  it('gets what docs/metrics.md says, and nothing else', async () => {
    const said = new Map(documentedMetrics.map((one) => [one.name, one]));
    const got = new Map<string, Set<string>>();
    for (const { __name__: name, ...labels } of series) {
      const base = name!.replace(/_(bucket|sum|count|total)$/, '');
      const known = got.get(base) ?? new Set<string>();
      for (const label of Object.keys(labels)) if (!ORIGIN.has(label)) known.add(label);
      if (base !== 'target_info') got.set(base, known);
    }
    const wrong = [...got].filter(([base, labels]) => {
      const of = said.get(base);
      return !of || [...labels].some((label) => !of.labels.includes(label));
    });
    expect(wrong.map(([base, labels]) => [base, [...labels]])).toEqual([]);
    const kinds = await prometheus.kinds();
    const otherKinds = documentedMetrics
      .filter(({ name }) => got.has(name))
      .map(({ name, kind }) => [name, kind, kinds.get(kind === 'counter' ? `${name}_total` : name)] as const)
      .filter(([, kind, sent]) => sent !== (kind === 'up-down counter' ? 'gauge' : kind));
    expect(otherKinds).toEqual([]);
    const missing = documentedMetrics.map(({ instrument }) => instrument).filter((name) => !got.has(underscored(name)));
    expect(missing.sort()).toEqual(NOTHING_OF_IT);
  });

  it('gets a series that counts from its first event on, or from the start where that is said', () => {
    const counting = new Set(documentedMetrics.filter(({ kind }) => kind !== 'gauge').map(({ name }) => name));
    const begun = atFirst
      .map(({ __name__: name }) => name!.replace(/_(bucket|sum|count|total)$/, ''))
      .filter((name) => counting.has(name));
    // The server has been asked whether it is there, and has made itself ready.
    const happened = /^(http_server_request_duration|gen_ai_client_.*|llm_failovers|voice_speech_provider_errors)$/;
    const unsaid = begun.filter((name) => !FROM_THE_START.test(name) && !happened.test(name));
    expect([...new Set(unsaid)]).toEqual([]);
  });

  it('is not told that something was lent before anybody has called', async () => {
    expect(lentAtFirst.map(({ value }) => value?.[1])).toEqual(['0']);
    expect(await prometheus.query('sum(voice_speech_pool_allocations_total{tier="warm"}) > 0')).toHaveLength(1);
  });

  it('sees a slot that is taken by who only listens, which is no call', async () => {
    const listener = await ListenCaller.dial(busy.server.url, '?sample_rate=8000');
    await prometheus.until('sum(voice_sessions_slots_used) == 1 and sum(voice_sessions_active) == 0');
    listener.send({ type: 'end' });
    await listener.closed;
    await prometheus.until('sum(voice_sessions_slots_used) == 0');
  });

  it('is told of those who call by telephone, and are turned away', async () => {
    await prometheus.until('sum(telephony_calls_total{provider="twilio", outcome="admitted"}) > 0');
    await prometheus.until('sum(telephony_calls_total{provider="twilio", outcome="at_capacity"}) > 0');
    await prometheus.until('sum(voice_sessions_refused_total{reason="at_capacity"}) > 1');
  });

  it('gets no series for each call, and nothing of anybody', async () => {
    const callsBefore = busy.sessions.length;
    await busy.happen();
    await fetched(2);
    const after = await all();
    const keyOf = (one: Series): string => JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
    const before = new Set(series.map(keyOf));
    const grown = new Map<string, number>();
    for (const one of after.filter((each) => !before.has(keyOf(each))))
      grown.set(one['__name__']!, (grown.get(one['__name__']!) ?? 0) + 1);
    // Something may take longer than before, and fail for once.
    expect([...grown].filter(([, count]) => count >= busy.sessions.length - callsBefore)).toEqual([]);
    const told = JSON.stringify(after);
    for (const secret of [...busy.sessions, ...SAID]) expect(told).not.toContain(secret);
    const values = new Map<string, Set<string>>();
    for (const { __name__: name, ...labels } of after)
      for (const [label, value] of Object.entries(labels)) {
        const key = `${name} ${label}`;
        values.set(key, (values.get(key) ?? new Set()).add(value));
      }
    expect([...values].filter(([, of]) => of.size > MOST_VALUES).map(([key]) => key)).toEqual([]);
  }, 60_000);
});
