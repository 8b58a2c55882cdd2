import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { McpConfig } from '../../config/mcp.config.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';

const milliseconds = z.int().min(100).max(120_000);
const texts = z.record(z.string(), z.string());

const tool = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1),
    /** What agents call it; by default the server's name and its own, in snake_case. */
    as: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a name in snake_case')
      .optional(),
    /** Whether a barge-in may abort it. False for whatever must not stop half-way. */
    interruptible: z.boolean().optional(),
    timeout_ms: milliseconds.optional(),
  }),
]);

const common = {
  tools: z.array(tool).min(1, 'must list the tools that agents may use'),
  connect_timeout_ms: milliseconds.optional(),
  call_timeout_ms: milliseconds.optional(),
};

const serverFile = z.union([
  z.strictObject({
    command: z.string().min(1),
    args: z.array(z.string()).optional(),
    env: texts.optional(),
    cwd: z.string().optional(),
    ...common,
  }),
  z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    headers: texts.optional(),
    allow_private_network: z.boolean().optional(),
    ...common,
  }),
]);

export interface McpToolChoice {
  /** On the server. */
  readonly remoteName: string;
  /** In the registry. */
  readonly name: string;
  readonly interruptible: boolean;
  readonly timeoutMs: number;
}

export interface McpServerSettings {
  readonly name: string;
  readonly required: boolean;
  readonly connectTimeoutMs: number;
  readonly tools: readonly McpToolChoice[];
  readonly endpoint:
    | {
        readonly transport: 'stdio';
        readonly command: string;
        readonly args: readonly string[];
        readonly env: Readonly<Record<string, string>>;
        readonly cwd: string | undefined;
      }
    | {
        readonly transport: 'streamable-http';
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly allowPrivate: boolean;
      };
}

/**
 * The servers that are enabled, from their files. `${NAME}` in `env`, `headers` and `url` stands for a variable of the
 * environment. Throws `config_invalid` with every problem.
 */
export function readMcpServers(config: McpConfig, root: string, env: NodeJS.ProcessEnv): McpServerSettings[] {
  const problems: string[] = [];
  const strangers = config.requiredServers.filter((name) => !config.enabledServers.includes(name));
  if (strangers.length > 0)
    problems.push(`MCP_REQUIRED_SERVERS: ${strangers.join(', ')} must be in MCP_ENABLED_SERVERS, too`);
  const servers = [...new Set(config.enabledServers)].flatMap((name) => {
    try {
      return [readServer(name, config, root, env)];
    } catch (error) {
      problems.push(messageOf(error));
      return [];
    }
  });
  const names = servers.flatMap((server) => server.tools.map((choice) => choice.name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) problems.push(`Tool servers: there are two tools named ${[...new Set(twice)].join(', ')}`);
  if (problems.length > 0) throw new ParleyError('config_invalid', problems.join('\n'));
  return servers;
}

function readServer(name: string, config: McpConfig, root: string, env: NodeJS.ProcessEnv): McpServerSettings {
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(name))
    throw new Error(
      `MCP_ENABLED_SERVERS: "${name}" is no name; allowed are up to 32 small letters, digits, "_" and "-"`,
    );
  const file = path.resolve(root, config.directory, `${name}.yaml`);
  if (!existsSync(file)) throw new Error(`MCP_ENABLED_SERVERS: there is no ${file}`);
  const content = readYaml(file);
  const parsed = serverFile.safeParse(content);
  if (!parsed.success) throw new Error(`${file}: ${problemsOf(parsed.error)}`);
  const given = parsed.data;
  const resolve = (text: string): string => withVariables(text, env, file);
  const callTimeoutMs = given.call_timeout_ms ?? config.callTimeoutMs;
  return {
    name,
    required: config.requiredServers.includes(name),
    connectTimeoutMs: given.connect_timeout_ms ?? config.connectTimeoutMs,
    tools: given.tools.map((entry) =>
      choiceOf(name, typeof entry === 'string' ? { name: entry } : entry, callTimeoutMs),
    ),
    endpoint:
      'command' in given
        ? {
            transport: 'stdio',
            command: given.command,
            args: given.args ?? [],
            env: mapValues(given.env ?? {}, resolve),
            cwd: given.cwd,
          }
        : {
            transport: 'streamable-http',
            url: addressOf(resolve(given.url), file),
            headers: mapValues(given.headers ?? {}, resolve),
            allowPrivate: given.allow_private_network ?? false,
          },
  };
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // Its first line only: the others quote the file.
    throw new Error(`${file}: ${messageOf(error).split('\n')[0]!}`, { cause: error });
  }
}

function choiceOf(
  server: string,
  given: {
    name: string;
    as?: string | undefined;
    interruptible?: boolean | undefined;
    timeout_ms?: number | undefined;
  },
  callTimeoutMs: number,
): McpToolChoice {
  return {
    remoteName: given.name,
    name: given.as ?? toolName(server, given.name),
    interruptible: given.interruptible ?? true,
    timeoutMs: given.timeout_ms ?? callTimeoutMs,
  };
}

/** `cardapi` and `getCard` or `get-card` make `cardapi_get_card`. */
export function toolName(server: string, remoteName: string): string {
  const words = `${server}_${remoteName}`.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return words
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 64);
}

function withVariables(text: string, env: NodeJS.ProcessEnv, file: string): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`${file}: the environment has no ${name}`);
    return value;
  });
}

/** Neither fetch nor log lines may have credentials in an address. */
function addressOf(url: string, file: string): string {
  const { username, password } = URL.parse(url) ?? {};
  if (username || password)
    throw new Error(
      `${file}: url: must hold no user and password; give them in \`headers\`, as Authorization: Basic …`,
    );
  return url;
}

function mapValues(values: Readonly<Record<string, string>>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Of the two shapes of a file, the one that it was meant to have. */
function problemsOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const attempts = issue?.code === 'invalid_union' ? issue.errors : [error.issues];
  const best = attempts.reduce((least, issues) => (issues.length < least.length ? issues : least));
  return best.map(({ path: field, message }) => `${field.join('.') || 'the file'}: ${message}`).join('; ');
}
