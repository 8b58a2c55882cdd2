// Takes out of node_modules what the image does not need: the Node that npm brings along for checkouts, binaries of
// other platforms, and TypeScript, should npm keep it as some package's optional peer.
// `npm prune --omit=optional` would also take sherpa-onnx's binary for this platform.
import { existsSync, globSync, rmSync } from 'node:fs';
import path from 'node:path';

const modules = path.resolve(process.argv[2] ?? 'node_modules');
const runtimes = path.join(modules, 'onnxruntime-node', 'bin');

const gone = [
  ...globSync(path.join(modules, 'node-{linux,darwin,win}-{x64,arm64}')),
  // A link to what is no longer there.
  path.join(modules, '.bin', 'node'),
  path.join(modules, 'typescript'),
  path.join(modules, '@typescript'),
  ...globSync(path.join(runtimes, '*', '*')).filter((folder) => path.basename(folder) !== process.platform),
  ...globSync(path.join(runtimes, '*', process.platform, '*')).filter((it) => path.basename(it) !== process.arch),
];
for (const folder of gone) rmSync(folder, { recursive: true, force: true });

const own = globSync(path.join(runtimes, '*', process.platform, process.arch));
if (existsSync(runtimes) && own.length === 0) {
  process.stderr.write(`onnxruntime-node has no binary for ${process.platform}-${process.arch}\n`);
  process.exitCode = 1;
}
