// Takes out of node_modules what the image does not need: the Node that npm brings along for checkouts, and the
// binaries of other platforms. `npm prune --omit=optional` would also take sherpa-onnx's binary for this one.
import { existsSync, globSync, rmSync } from 'node:fs';
import path from 'node:path';

const modules = path.resolve(process.argv[2] ?? 'node_modules');
const runtimes = path.join(modules, 'onnxruntime-node', 'bin');

const foreign = globSync(path.join(runtimes, '*', '*', '*')).filter(
  (folder) => !folder.endsWith(path.join(process.platform, process.arch)),
);
const gone = [
  ...globSync(path.join(modules, 'node-{linux,darwin,win}-{x64,arm64}')),
  // Links to what is no longer there.
  path.join(modules, '.bin', 'node'),
  ...foreign,
];
for (const folder of gone) rmSync(folder, { recursive: true, force: true });

const own = globSync(path.join(runtimes, '*', process.platform, process.arch));
if (existsSync(runtimes) && own.length === 0) {
  process.stderr.write(`onnxruntime-node has no binary for ${process.platform}-${process.arch}\n`);
  process.exitCode = 1;
}
