import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { messageOf, ParleyError } from '../kernel/errors.js';
import { serverAddress } from './server-address.js';

const HELP = `Usage: npm run jobs -- [options]                list what waits, and what was given up
       npm run jobs -- retry ID… | --all [options]  give dead letters a new life
       npm run jobs -- drop ID… [options]           delete dead letters, for good
       npm run jobs -- process CONVERSATION…        read conversations anew
       npm run jobs -- replay CONVERSATION…         tell receivers of webhooks once more

Asks a running server; one that only takes calls (PARLEY_ROLE=voice) asks its pusher.

  --url URL        the server, such as localhost:8000; default: PORT on this machine, or 8000
  --token TOKEN    credential of an operator; default: the variable PARLEY_TOKEN
`;

const OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  all: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} satisfies ParseArgsOptionsConfig;

interface Jobs {
  readonly driver: string;
  readonly waiting: number;
  readonly later: number;
  readonly running: number;
  readonly dead: number;
  readonly oldest_ms: number;
  readonly dead_letters: readonly {
    readonly id: string;
    readonly attempts: number;
    readonly problem: string;
    readonly died_at: string;
  }[];
}

/** `npm run jobs`: exits 0 when everything was done, 1 when something was not, 2 when it was called wrongly. */
export async function main(args: string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return wrong(messageOf(error).split('. ')[0]!);
  }
  const { values, positionals } = parsed;
  const [command = 'list', ...ids] = positionals;
  if (values.help) return say(HELP, 0);
  const api = new Api(serverAddress(values.url, process.env), values.token ?? process.env['PARLEY_TOKEN']);
  const each = commands[command];
  if (command === 'list') return list(await api.jobs());
  if (!each) return wrong(`There is no "${command}".`);
  if (values.all && command !== 'retry') return wrong(`--all is for retry, not for ${command}.`);
  const chosen = values.all ? (await api.jobs()).dead_letters.map(({ id }) => id) : ids;
  if (chosen.length === 0)
    return values.all ? say('There are no dead letters.\n', 0) : wrong(`${command} wants an id.`);
  let failed = 0;
  for (const id of chosen) {
    const problem = await api.send(...each(encodeURIComponent(id)));
    if (problem) failed++;
    say(`${id}: ${problem ?? (command === 'drop' ? 'done' : 'queued')}\n`, problem ? 1 : 0);
  }
  return failed > 0 ? 1 : 0;
}

function wrong(what: string): number {
  return say(`${what}\n\n${HELP}`, 2);
}

const commands: Readonly<Record<string, (id: string) => [method: string, route: string]>> = {
  retry: (id) => ['POST', `jobs/${id}/retry`],
  drop: (id) => ['DELETE', `jobs/${id}`],
  process: (id) => ['POST', `conversations/${id}/process`],
  replay: (id) => ['POST', `conversations/${id}/webhooks`],
};

class Api {
  constructor(
    private readonly url: URL,
    private readonly token: string | undefined,
  ) {}

  async jobs(): Promise<Jobs> {
    const response = await this.ask('GET', 'jobs');
    if (!response.ok) throw new ParleyError('call_failed', await problemOf(response));
    return (await response.json()) as Jobs;
  }

  /** What the server has against it. */
  async send(method: string, route: string): Promise<string | undefined> {
    const response = await this.ask(method, route);
    return response.ok ? undefined : await problemOf(response);
  }

  private async ask(method: string, route: string): Promise<Response> {
    const headers: Record<string, string> = this.token ? { authorization: `Bearer ${this.token}` } : {};
    try {
      return await fetch(new URL(`/api/v1/${route}`, this.url), { method, headers });
    } catch (error) {
      throw new ParleyError(
        'call_failed',
        `${this.url.origin} cannot be reached; --url says where the server is, such as localhost:8000`,
        true,
        { cause: error },
      );
    }
  }
}

async function problemOf(response: Response): Promise<string> {
  if (response.status === 404 && response.url.endsWith('/api/v1/jobs'))
    return 'this server is no pusher (PARLEY_ROLE=voice); ask the one that is, with --url';
  if (response.status === 401)
    return 'the server wants the credential of an operator: give it with --token, or in the variable PARLEY_TOKEN';
  if (response.status === 403)
    return 'this credential may not: it takes that of an operator (--token, or the variable PARLEY_TOKEN)';
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined;
  return body?.error?.message ?? `the server answered ${response.status}`;
}

function list({ driver, waiting, later, running, dead, oldest_ms, dead_letters }: Jobs): number {
  const oldest = waiting > 0 ? `, the oldest for ${Math.round(oldest_ms / 1000)} s` : '';
  const lines = [
    `Jobs in ${driver}: ${waiting} wait${oldest}, ${later} come later, ${running} run, ${dead} were given up.`,
    ...dead_letters.map(
      ({ id, attempts, problem, died_at }) => `${died_at}  ${id}  (${attempts} attempts)  ${problem}`,
    ),
  ];
  return say(`${lines.join('\n')}\n`, 0);
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}
