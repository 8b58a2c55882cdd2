// `node deploy/agents-values.mjs my-agents > agents-values.yaml`: a folder of agents as values of the chart
// (`agents.files`). It writes JSON, which is YAML. A ConfigMap holds at most 1 MiB; larger ones belong into an image.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const LIMIT = 1_000_000;

const folder = process.argv[2];
if (!folder) {
  process.stderr.write('Usage: node deploy/agents-values.mjs <folder with one folder per agent>\n');
  process.exit(2);
}
if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  process.stderr.write(`There is no folder ${folder}; it is looked for from ${process.cwd()}.\n`);
  process.exit(1);
}
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(yaml|md)$/.test(entry.name))
  .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
  .sort();
const contents = Object.fromEntries(files.map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
const values = JSON.stringify({ agents: { files: contents } }, undefined, 2);
if (values.length > LIMIT) {
  process.stderr.write(`${folder} has ${values.length} bytes, and a ConfigMap holds ${LIMIT}: put it into an image.\n`);
  process.exit(1);
}
process.stdout.write(`${values}\n`);
