import { z } from 'zod';
import type { DescribedController, Content, RouteDescription } from './route-description.js';
import type { FoundRoute } from './route-reader.js';
import { errorExample, errorSchema } from './error-answers.js';
import { errorsOf, errorsOfUpgrade } from './route-errors.js';
import type { DescribedSocket } from './routes/sockets.js';

type Json = Record<string, unknown>;

/** Where routes are told that need a credential of ours. */
const CREDENTIAL = [{ bearer: [] }, { token: [] }];
const COMPONENTS = '#/components/schemas/';

export interface ApiParts {
  readonly version: string;
  readonly routes: readonly FoundRoute[];
  /** Paths of WebSockets. */
  readonly sockets: readonly string[];
  readonly described: readonly DescribedController[];
  readonly describedSockets: Readonly<Record<string, DescribedSocket>>;
}

/** All that this process answers, as OpenAPI 3.1 says it. Throws where a route or a socket is not described. */
export function openApiDocument({ version, routes, sockets, described, describedSockets }: ApiParts): Json {
  const schemas = new SchemaBook();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const { group, description } = descriptionOf(route, described);
    (paths[route.path] ??= {})[route.method] = operationOf(route, group, description, schemas);
  }
  for (const path of sockets) {
    const socket = describedSockets[path];
    if (!socket) throw new Error(`The WebSocket ${path} is not described`);
    (paths[path] ??= {})['get'] = upgradeOf(path, socket);
  }
  const groups = new Set(
    Object.values(paths).flatMap((methods) => Object.values(methods).flatMap((one) => tagsOf(one))),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version,
      description:
        'Voice agents for call centres: sessions, conversations, recordings, and what operators do. Errors have one form, and times are in milliseconds where nothing else is said.',
    },
    servers: [{ url: '/' }],
    tags: orderOf(described)
      .filter((name) => groups.has(name))
      .map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, a token of AUTH_TOKENS, or one of the OpenID provider',
        },
        token: {
          type: 'apiKey',
          in: 'query',
          name: 'token',
          description: 'The same, for clients that cannot set headers',
        },
        twilio: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Twilio-Signature',
          description: 'The signature that Twilio makes',
        },
        event_grid: { type: 'apiKey', in: 'query', name: 'code', description: 'What was agreed on with Event Grid' },
        acs: { type: 'http', scheme: 'bearer', description: 'The token of Azure Communication Services' },
      },
      schemas: { Error: schemas.own(errorSchema), ...schemas.named },
    },
  };
}

/** Groups, as they stand in the list of all controllers. */
function orderOf(described: readonly DescribedController[]): string[] {
  return [...new Set(described.map(({ group }) => group))];
}

function descriptionOf(
  { controller, handler, method, path }: FoundRoute,
  described: readonly DescribedController[],
): { group: string; description: RouteDescription } {
  const found = described.find((candidate) => candidate.controller === controller);
  const description = found?.routes[handler];
  if (!found || !description) throw new Error(`${method.toUpperCase()} ${path} is not described`);
  return { group: found.group, description };
}

function operationOf(route: FoundRoute, group: string, description: RouteDescription, schemas: SchemaBook): Json {
  const { summary, details, query, body, security } = description;
  const notes = [
    details,
    route.role && `Needs the role ${route.role}.`,
    route.audited && route.role && 'It is noted in the audit log.',
  ].filter(Boolean);
  return {
    operationId: operationIdOf(route.method, route.path),
    tags: [group],
    summary,
    ...(notes.length > 0 && { description: notes.join(' ') }),
    ...(route.role && { 'x-parley-role': route.role }),
    security: securityOf(route, security),
    ...parametersOf(route.path, query, schemas),
    ...(body && { requestBody: { required: !body.optional, content: contentOf(body, schemas, 'input') } }),
    responses: { ...successesOf(route, description, schemas), ...errorAnswers(errorsOf(route, description)) },
  };
}

function operationIdOf(method: string, path: string): string {
  return `${method}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`;
}

function securityOf({ role }: FoundRoute, security: RouteDescription['security']): Json[] {
  if (role) return CREDENTIAL;
  if (security === 'optional') return [{}, ...CREDENTIAL];
  return security ? [{ [security]: [] }] : [];
}

function parametersOf(path: string, query: z.ZodObject | undefined, schemas: SchemaBook): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const known: { properties?: Record<string, Json>; required?: string[] } = query ? schemas.own(query, 'input') : {};
  const { properties = {}, required = [] } = known;
  const inQuery = Object.entries(properties)
    // It is a credential, which stands elsewhere.
    .filter(([name]) => name !== 'token')
    .map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    }));
  const parameters = [...inPath, ...inQuery];
  return parameters.length > 0 ? { parameters } : {};
}

function successesOf({ status }: FoundRoute, { answer, alsoAnswers }: RouteDescription, schemas: SchemaBook): Json {
  const content = answer && { content: contentOf(answer, schemas, 'output') };
  return Object.fromEntries([
    [status, { description: answer ? 'It is as asked' : 'It is done', ...content }],
    ...Object.entries(alsoAnswers ?? {}).map(([code, words]) => [code, { description: words, ...content }]),
  ]) as Json;
}

function errorAnswers(words: Readonly<Record<number, string>>): Json {
  return Object.fromEntries(
    Object.entries(words).map(([status, description]) => [status, errorAnswer(Number(status), description)]),
  );
}

function errorAnswer(status: number, description: string): Json {
  return {
    description,
    ...(status === 429 && { headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } } }),
    content: {
      'application/json': { schema: { $ref: `${COMPONENTS}Error` }, example: errorExample(status, description) },
    },
  };
}

function contentOf(
  { schema, example, type = 'application/json' }: Content,
  schemas: SchemaBook,
  io: 'input' | 'output',
): Json {
  return { [type]: { schema: schemas.own(schema, io), example } };
}

function upgradeOf(path: string, { summary, details, group, security }: DescribedSocket): Json {
  return {
    operationId: operationIdOf('get', path),
    tags: [group],
    summary: `${summary} (WebSocket)`,
    description: `${details} GET /api/v1/protocol.json has its messages.`,
    'x-parley-websocket': true,
    security: security === 'credential' ? CREDENTIAL : [{ [security]: [] }],
    responses: {
      101: { description: 'The connection is a WebSocket from now on' },
      ...errorAnswers(errorsOfUpgrade()),
    },
  };
}

function tagsOf(operation: unknown): string[] {
  return (operation as { tags: string[] }).tags;
}

/** JSON Schemas of what zod describes; those with a name of their own stand once, under it. */
class SchemaBook {
  readonly named: Record<string, Json> = {};

  own(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
    for (const [name, definition] of Object.entries($defs as Record<string, Json>))
      this.named[name] ??= referring(definition);
    const { id, ...rest } = own;
    if (typeof id !== 'string') return referring(rest);
    this.named[id] ??= referring(rest);
    return { $ref: `${COMPONENTS}${id}` };
  }
}

/** With references to where schemas stand in the document. */
function referring(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${COMPONENTS}`), (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  ) as Json;
}
