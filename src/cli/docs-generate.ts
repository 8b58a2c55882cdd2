import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { agentsReferenceMarkdown } from '../agents/agent-reference.js';
import { agentJsonSchemas } from '../agents/agent-json-schemas.js';
import { configurationMarkdown } from '../config/configuration-markdown.js';
import { packageRoot } from '../config/package-root.js';

const HELP = `Usage: npm run docs:generate [-- --check]

Writes the documents that are made from the code. --check only compares and exits 1 if one is out of date.
`;

/** `npm run docs:generate` */
export function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return Promise.resolve(0);
  }
  const documents: Record<string, string> = {
    'configuration.md': configurationMarkdown(),
    'agents-reference.md': agentsReferenceMarkdown(),
  };
  for (const [name, schema] of Object.entries(agentJsonSchemas()))
    documents[name] = `${JSON.stringify(schema, null, 2)}\n`;
  let stale = 0;
  for (const [name, content] of Object.entries(documents)) {
    const file = path.join(packageRoot, 'docs', name);
    if (!args.includes('--check')) writeFileSync(file, content);
    else if (read(file) !== content) {
      stale++;
      process.stderr.write(`docs/${name} is out of date: run "npm run docs:generate"\n`);
    }
  }
  return Promise.resolve(stale === 0 ? 0 : 1);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
