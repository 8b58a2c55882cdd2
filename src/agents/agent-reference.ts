import { z } from 'zod';
import { agentFile, scenarioFile } from './agent-schema.js';

type Schema = Readonly<Record<string, unknown>>;

/** docs/agents-reference.md: every key of the files under `agents/`, from the schemas that check them. */
export function agentsReferenceMarkdown(): string {
  return [
    '# Keys of agents and scenarios',
    '',
    'Made from the schemas by `npm run docs:generate`; [agents.md](agents.md) explains how they work together.',
    'A name in angle brackets is yours to choose, `[]` is an entry of a list.',
    '',
    '## `agents/<name>/agent.yaml` and `agents/_defaults.yaml`',
    '',
    ...table(z.toJSONSchema(agentFile, { io: 'input' })),
    '',
    '## `agents/scenarios/<name>.yaml`',
    '',
    ...table(z.toJSONSchema(scenarioFile, { io: 'input' })),
    '',
  ].join('\n');
}

interface Row {
  readonly types: Set<string>;
  readonly meaning: string;
}

function table(schema: Schema): string[] {
  const rows = new Map<string, Row>();
  collect(schema, '', rows);
  const lines = [...rows].map(
    ([key, { types, meaning }]) => `| \`${key}\` | ${cell([...types].join(' or '))} | ${cell(meaning)} |`,
  );
  return ['| key | holds | meaning |', '| --- | --- | --- |', ...lines];
}

/** Variants of a union share their keys' rows. */
function collect(schema: Schema, path: string, rows: Map<string, Row>): void {
  const options = variants(schema);
  if (path !== '') {
    const meaning = typeof schema['description'] === 'string' ? schema['description'] : '';
    const row = rows.get(path) ?? { types: new Set<string>(), meaning };
    for (const option of options.length > 0 ? options : [schema]) row.types.add(typeOf(option));
    rows.set(path, row);
  }
  for (const option of options) collectBelow(option, path, rows);
  collectBelow(schema, path, rows);
}

function collectBelow(schema: Schema, path: string, rows: Map<string, Row>): void {
  for (const [key, value] of Object.entries(asRecord(schema['properties']))) {
    collect(value, path === '' ? key : `${path}.${key}`, rows);
  }
  if (isSchema(schema['additionalProperties'])) collect(schema['additionalProperties'], `${path}.<name>`, rows);
  if (isSchema(schema['items'])) collectBelow(schema['items'], `${path}[]`, rows);
}

function typeOf(schema: Schema): string {
  const options = variants(schema);
  if (options.length > 0) return [...new Set(options.map(typeOf))].join(' or ');
  if (typeof schema['const'] === 'string') return `\`${schema['const']}\``;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  switch (schema['type']) {
    case 'array':
      return isSchema(schema['items']) ? `list of ${typeOf(schema['items'])}s` : 'list';
    case 'object':
      return 'map';
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return range(schema);
    case 'boolean':
      return 'true or false';
    default:
      return 'anything';
  }
}

function range(schema: Schema): string {
  const { minimum, maximum } = schema;
  const kind = schema['type'] === 'integer' ? 'whole number' : 'number';
  return minimum === undefined || maximum === undefined
    ? kind
    : `${kind} from ${Number(minimum)} to ${Number(maximum)}`;
}

function variants(schema: Schema): Schema[] {
  return [schema['anyOf'], schema['oneOf']].flatMap((options) => (Array.isArray(options) ? (options as Schema[]) : []));
}

function asRecord(value: unknown): Record<string, Schema> {
  return isSchema(value) ? (value as Record<string, Schema>) : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
