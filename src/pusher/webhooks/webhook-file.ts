import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { parse } from 'yaml';
import { z } from 'zod';
import { ParleyError, messageOf } from '../../kernel/errors.js';

export const webhookEvents = ['conversation.completed'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

const SECRETS =
  'is missing; allowed is a list such as ["${CRM_WEBHOOK_SECRET}"], the name of a variable of the environment that holds whsec_ and 24 to 64 bytes in base64';

const endpoint = z.strictObject({
  /** In jobs and log lines, instead of the address. */
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'must be up to 32 small letters, digits, "_" and "-"'),
  url: z.string().min(1),
  /** Several while one takes another's place: each signs. */
  secrets: z.array(z.string(), SECRETS).min(1, SECRETS),
  /** Whose conversations; of all tenants if it is not there. */
  tenants: z.array(z.string().min(1)).min(1).optional(),
  events: z
    .array(z.enum(webhookEvents))
    .min(1)
    .default([...webhookEvents]),
  /** Whether it is told what was said, besides what came of it. */
  transcript: z.boolean().default(false),
  /** For receivers in the same network: plain http and private addresses. */
  allow_private_network: z.boolean().default(false),
});
const file = z.strictObject({ endpoints: z.array(endpoint) });

const NAME = /^(?!whsec)[a-z_]{1,24}$/i;
const VARIABLE = /\$\{(\w+)\}/;

export interface WebhookEndpoint {
  readonly name: string;
  readonly url: string;
  readonly signers: readonly Webhook[];
  readonly tenants: readonly string[] | undefined;
  readonly events: readonly WebhookEvent[];
  readonly transcript: boolean;
  readonly allowPrivate: boolean;
}

/**
 * Who is to be told. `${NAME}` in `url` and `secrets` stands for a variable of the environment. Throws `config_invalid` with
 * every problem; none of them quotes a secret.
 * @param named relative to `root`; empty for nobody
 */
export function readWebhooks(named: string, root: string, env: NodeJS.ProcessEnv): WebhookEndpoint[] {
  if (named === '') return [];
  const where = path.resolve(root, named);
  if (!existsSync(where)) throw new ParleyError('config_invalid', `WEBHOOKS_FILE: there is no ${where}`);
  const parsed = file.safeParse(contentOf(where));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${where}: ${issue.path.join('.') || 'the file'}: ${wordsOf(issue)}`,
    );
    throw new ParleyError('config_invalid', problems.join('\n'));
  }
  const problems: string[] = [];
  const endpoints = parsed.data.endpoints.flatMap((given, index) => {
    try {
      return [endpointOf(given, env)];
    } catch (error) {
      problems.push(`${where}: endpoints.${index}: ${messageOf(error)}`);
      return [];
    }
  });
  const names = parsed.data.endpoints.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) problems.push(`${where}: there are two endpoints named ${[...new Set(twice)].join(', ')}`);
  if (problems.length > 0) throw new ParleyError('config_invalid', problems.join('\n'));
  return endpoints;
}

/** A mark too many, and a secret is a key: one that could be no name is not shown. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  const shown = issue.keys.map((key) => (NAME.test(key) ? `"${key}"` : 'one that is no name'));
  return `there are keys that mean nothing here: ${shown.join(', ')}`;
}

function endpointOf(given: z.output<typeof endpoint>, env: NodeJS.ProcessEnv): WebhookEndpoint {
  const { name, tenants, events, transcript, allow_private_network: allowPrivate } = given;
  const url = withVariables(given.url, env);
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password)
    throw new Error('url: allowed is https://…, without a user');
  if (parsed.protocol !== 'https:' && !allowPrivate)
    throw new Error('url: plain http is only allowed with allow_private_network');
  const signers = given.secrets.map((secret) => signerOf(secret, env));
  return { name, url, signers, tenants, events, transcript, allowPrivate };
}

function signerOf(given: string, env: NodeJS.ProcessEnv): Webhook {
  const secret = withVariables(given, env);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const [, variable] = VARIABLE.exec(given) ?? [];
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) || key.length < 24 || key.length > 64)
    throw new Error(`secrets: ${variable ?? 'each'} must be whsec_ and 24 to 64 bytes in base64`);
  return new Webhook(secret);
}

function withVariables(text: string, env: NodeJS.ProcessEnv): string {
  return text.replaceAll(new RegExp(VARIABLE, 'g'), (_, name: string) => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set: the file names this variable of the environment`);
    return value;
  });
}

function contentOf(where: string): unknown {
  try {
    // Its warnings would quote the file.
    return parse(readFileSync(where, 'utf8'), { logLevel: 'error' });
  } catch (error) {
    // Its first line only: the others quote the file, and that of an alias its name.
    const [words = ''] = error instanceof ReferenceError ? ['an alias of nothing'] : messageOf(error).split('\n');
    throw new ParleyError('config_invalid', `${where}: ${words}`, false, { cause: error });
  }
}
