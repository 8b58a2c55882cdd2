// `node probe.mjs /api/v1/health [http://host:port …]`: exits 0 when each answers 2xx, else 1 with what it said. For
// HEALTHCHECK, and the test of the chart: there is no curl in the image.
const [path = '/api/v1/health', ...given] = process.argv.slice(2);
const bases = given.length > 0 ? given : [`http://127.0.0.1:${process.env.PORT || 8000}`];

const answers = await Promise.all(
  bases.map(async (base) => {
    try {
      const response = await fetch(new URL(path, base), { signal: AbortSignal.timeout(4000), redirect: 'error' });
      return { base, ok: response.ok, said: response.ok ? 'is well' : `answers ${response.status}` };
    } catch (error) {
      return { base, ok: false, said: `does not answer: ${error.cause?.code ?? error.message}` };
    }
  }),
);
for (const { base, ok, said } of answers) process[ok ? 'stdout' : 'stderr'].write(`${base}${path} ${said}\n`);
process.exitCode = answers.every(({ ok }) => ok) ? 0 : 1;
