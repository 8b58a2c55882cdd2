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

function table(schema: Schema): string[] {
  const rows = new Map<string, string>();
  collect(schema, '', rows);
  return ['| key | holds | meaning |', '| --- | --- | --- |', ...rows.values()];
}

function collect(schema: Schema, path: string, rows: Map<string, string>): void {
  if (path !== '' && !rows.has(path)) {
    const meaning = typeof schema['description'] === 'string' ? schema['description'] : '';
    rows.set(path, `| \`${path}\` | ${cell(typeOf(schema))} | ${cell(meaning)} |`);
  }
  for (const [key, value] of Object.entries(asRecord(schema['properties'])))
    collect(value, path === '' ? key : `${path}.${key}`, rows);
  for (const option of variants(schema)) collect(option, path, rows);
  if (isSchema(schema['additionalProperties'])) collect(schema['additionalProperties'], `${path}.<name>`, rows);
  if (isSchema(schema['items']) && (schema['items']['properties'] || variants(schema['items']).length > 0))
    collect(schema['items'], `${path}[]`, rows);
}

function typeOf(schema: Schema): string {
  const options = variants(schema);
  if (options.length > 0) return [...new Set(options.map(typeOf))].join(' or ');
  if (schema['const'] !== undefined) return `\`${String(schema['const'])}\``;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  switch (schema['type']) {
    case 'array':
      return isSchema(schema['items']) ? `list of ${typeOf(schema['items'])}` : 'list';
    case 'object':
      return schema['properties']
        ? `map with ${Object.keys(asRecord(schema['properties']))
            .map((key) => `\`${key}\``)
            .join(', ')}`
        : 'map';
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
