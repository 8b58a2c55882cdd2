import { ParleyError } from '../kernel/errors.js';

const USUAL_PORT = '8000';
const SCHEMES: Readonly<Record<string, string>> = { ws: 'http', wss: 'https', http: 'http', https: 'https' };

/**
 * Where the server is that a command talks to: what `--url` names, with or without a scheme, or else this machine's server at
 * PORT. `http://…` or `https://…`; throws `invalid_parameter` with what is allowed.
 */
export function serverAddress(given: string | undefined, env: NodeJS.ProcessEnv): URL {
  const port = Number(env['PORT']) > 0 ? env['PORT'] : USUAL_PORT;
  const named = given ?? `localhost:${port}`;
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/i.exec(named) ?? ['', 'http', named];
  const url = URL.parse(`${SCHEMES[scheme.toLowerCase()] ?? 'not-allowed'}://${rest}`);
  if (url && url.hostname !== '' && /^https?:$/.test(url.protocol)) return url;
  throw new ParleyError(
    'invalid_parameter',
    `--url was given "${given}", but allowed is an address such as localhost:8000, https://voice.example.com or wss://voice.example.com`,
  );
}
