// `node probe.mjs /api/v1/health [http://host:port …]`: exits 0 when each answers 2xx, else 1 with what it said. For
// HEALTHCHECK, and the test of the chart: there is no curl in the image.
// `node probe.mjs --show /api/v1/readiness`: the answer itself, for whoever is on call: docs/runbooks/README.md.
const given = process.argv.slice(2).filter((word) => word !== '--show');
const shows = process.argv.includes('--show');
const [path = '/api/v1/health', ...others] = given;
const bases = others.length > 0 ? others : [`http://127.0.0.1:${process.env.PORT || 8000}`];

/** Whoever may run this in a process's container may read its variables anyway. Others are not told them. */
const ownToken = others.length === 0 ? process.env.AUTH_TOKENS?.match(/[^,\s]+/)?.[0] : undefined;
const token = process.env.PARLEY_TOKEN || ownToken;
const headers = token ? { authorization: `Bearer ${token}` } : {};

const MOST_REASONS = 1000;
const oneLine = (text) =>
  text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_REASONS);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a refusal has against it: steps that have not started, dependencies that are down, or all that it says. */
function reasonsIn(text) {
  const { checks = [], details, draining, error } = parsed(text) ?? {};
  const steps = Object.entries(details?.deferred_results ?? {}).filter(([, step]) => step.state !== 'started');
  const reasons = [
    ...(draining ? ['it drains'] : []),
    ...steps.map(([name, step]) => `${name} ${step.state}${step.error ? `: ${step.error}` : ''}`),
    ...checks.filter(({ status }) => status === 'down').map((check) => `${check.component} down: ${check.error}`),
    ...(error?.message ? [error.message] : []),
  ];
  return oneLine(reasons.length > 0 ? reasons.join('; ') : text);
}

const answers = await Promise.all(
  bases.map(async (base) => {
    try {
      const signal = AbortSignal.timeout(4000);
      const response = await fetch(new URL(path, base), { headers, signal, redirect: 'error' });
      const text = await response.text();
      const { ok, status } = response;
      return {
        base,
        ok,
        text,
        said: ok ? 'is well' : [`answers ${status}`, reasonsIn(text)].filter(Boolean).join(': '),
      };
    } catch (error) {
      return {
        base,
        ok: false,
        said: `does not answer: ${error.cause?.code ?? error.cause?.message ?? error.message}`,
      };
    }
  }),
);
for (const { base, ok, said, text } of answers) {
  if (shows && text) process.stdout.write(`${JSON.stringify(parsed(text), undefined, 2) ?? text}\n`);
  if (!shows || !ok) process[ok ? 'stdout' : 'stderr'].write(`${base}${path} ${said}\n`);
}
process.exitCode = answers.every(({ ok }) => ok) ? 0 : 1;
