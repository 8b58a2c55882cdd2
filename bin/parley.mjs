#!/usr/bin/env node
// Runs on any Node >= 20: installs what is missing, builds what is stale, then runs the command under the Node 24 that
// came with the dependencies. It needs no package, because on a fresh clone there is none.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamps = path.join(root, 'node_modules', '.parley');
const lock = path.join(root, '.parley', 'lock');
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

const platform = `${process.platform}-${process.arch}`;

/** name: [what it does, how]. `node` arguments are relative to the root. */
const commands = {
  start: ['start the server', ['--enable-source-maps', '--import', './dist/telemetry.js', 'dist/main.js']],
  'start:pusher': [
    'start a pusher, which does what comes after calls',
    ['--enable-source-maps', '--import', './dist/telemetry.js', 'dist/main.js'],
  ],
  demo: ['place a real call with recorded speech and show it', ['dist/cli/main.js', 'demo']],
  call: ['stream a WAV file to a server as a caller', ['dist/cli/main.js', 'call']],
  'config:check': ['print the effective configuration, secrets masked', ['dist/cli/main.js', 'config:check']],
  'agents:check': ['check all agents and scenarios', ['dist/cli/main.js', 'agents:check']],
  doctor: ['look at everything this configuration needs, and say what is wrong', ['dist/cli/main.js', 'doctor']],
  'eval:speech': ['measure how well the embedded speech stack hears', ['dist/cli/main.js', 'eval:speech']],
  jobs: ['what waits to be done after calls, and what was given up (--help)', ['dist/cli/main.js', 'jobs']],
  'audit:check': ['whether the audit log is as it was written', ['dist/cli/main.js', 'audit:check']],
  keys: ['make an API key (--help)', ['dist/cli/main.js', 'keys']],
  models: ['explain and check local speech models (--help)', ['dist/cli/main.js', 'models']],
  'packages:check': [
    'licences, known vulnerabilities and a bill of materials of what comes with the product (--help)',
    ['dist/cli/main.js', 'packages:check'],
  ],
  fuzz: ['feed the parsers with what is nearly right (--help)', ['test/security/fuzz/run.mjs']],
  bench: ['measure this server beside others (--help)', ['bench/src/main.ts']],
  soak: ['let calls come and go and see whether anything is left (--help)', ['bench/src/soak/main.ts']],
  'docs:generate': ['write the generated documents (--check: only compare)', ['dist/cli/main.js', 'docs:generate']],
  test: [
    'run the tests',
    ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
  ],
};

const [name = 'start', ...args] = process.argv.slice(2);
if (name === '--help' || name === '-h' || !(name in commands)) {
  if (!['--help', '-h'].includes(name)) console.error(`Unknown command "${name}".\n`);
  console.log('Usage: npm start | npm test | npm run <command> [-- options]\n');
  for (const [command, [summary]] of Object.entries(commands)) console.log(`  ${command.padEnd(14)} ${summary}`);
  process.exit(['--help', '-h'].includes(name) ? 0 : 2);
}
const isServer = name === 'start' || name === 'start:pusher';
if (isServer && args.length > 0) {
  // Before anything is installed: the server itself takes no options.
  console.log(
    `Usage: npm ${name === 'start' ? 'start' : 'run start:pusher'}\n\nStarts the ${name === 'start' ? 'server' : 'pusher'}. It takes no options; settings are environment variables, such as`,
  );
  console.log(
    'PORT=8080 MAX_CONNECTIONS=20 npm start. All of them: docs/configuration.md; in effect: npm run config:check',
  );
  process.exit(args.length === 1 && ['--help', '-h'].includes(args[0]) ? 0 : 2);
}

await ensure(
  'dependencies',
  hashOf(['package-lock.json', 'package.json', '.npmrc']),
  // npm brings Node on these; a folder without it was left half-way.
  () => !['linux-x64', 'linux-arm64'].includes(platform) || bundledNode() !== undefined,
  install,
);
const node24 = findNode24();
await ensure(
  'build',
  hashOf(['src', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']),
  () => existsSync(path.join(root, 'dist')),
  build,
);
if (name === 'bench' && !args.some((arg) => ['--help', '-h'].includes(arg))) {
  // What the product is compared with. Without it the bench measures the rest.
  await ensureExtras('bench', 'what the bench compares with (about 170 packages and 290 MB on disk)');
}
if (name === 'test') {
  // Emulators of Azure, tool servers. Without them the tests that need them say so.
  await ensureExtras('test/emulators', 'what tests talk to (about 800 packages and 270 MB on disk)');
}
if (name === 'start:pusher') process.env.PARLEY_ROLE = 'pusher';
process.exitCode = await run(node24, [...commands[name][1], ...args]);

/**
 * Runs `make` unless its product is there and was made from the same inputs. One that returns false, or is broken off,
 * runs again next time. Only one process at a time makes anything.
 */
async function ensure(what, fingerprint, isThere, make) {
  const stamp = path.join(stamps, what);
  const isFresh = () => isThere() && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
  if (isFresh()) return;
  await takeLock();
  try {
    if (isFresh()) return;
    const startedAt = Date.now();
    rmSync(stamp, { force: true });
    if ((await make()) === false) return;
    mkdirSync(stamps, { recursive: true });
    writeFileSync(stamp, fingerprint);
    say(`${what} ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  } finally {
    rmSync(lock, { force: true });
  }
}

async function takeLock() {
  mkdirSync(path.dirname(lock), { recursive: true });
  let told = false;
  for (;;) {
    try {
      return writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    // Whoever has just taken it may not have written its number yet.
    if (readOrEmpty(lock) === '') await new Promise((resolve) => setTimeout(resolve, 300));
    const owner = Number(readOrEmpty(lock));
    if (!isAlive(owner)) rmSync(lock, { force: true });
    else {
      if (!told) say(`process ${owner} installs or builds here; waiting for it`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function install() {
  say('installing dependencies (npm ci, about 600 packages and 1.1 GB on disk; once)');
  const code = await npmCi('.');
  if (code !== 0) fail(`npm ci failed with exit code ${code}; the message above says why.`);
}

/** Packages of their own, so that the product does not carry them. */
async function ensureExtras(folder, what) {
  const inputs = ['package-lock.json', 'package.json', '.npmrc'].map((file) => path.join(folder, file));
  const isThere = () => existsSync(path.join(root, folder, 'node_modules'));
  await ensure(`${folder.replace('/', '-')} dependencies`, hashOf(inputs), isThere, async () => {
    say(`installing ${what} (npm ci in ${folder}/; once)`);
    const code = await npmCi(folder);
    if (code !== 0) say(`WARNING: npm ci in ${folder}/ failed with exit code ${code}; going on without.`);
    return code === 0;
  });
}

async function npmCi(folder) {
  const done = tick('still installing');
  const npm = process.env.npm_execpath;
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await run(command, [...first, ...args], { folder, isPreparation: true });
  done();
  return code;
}

async function build() {
  say('building');
  const done = tick('still building');
  const code = await run(node24, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], { isPreparation: true });
  done();
  if (code !== 0) fail('the build failed; the message above says where.');
}

function findNode24() {
  const bundled = bundledNode();
  if (bundled) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  fail(
    `Parley runs under Node 24. npm brings it for Linux (x64, arm64); on ${platform} please install Node 24 (this is ${process.version}).`,
  );
}

function bundledNode() {
  try {
    return createRequire(path.join(root, 'package.json')).resolve(`node-${platform}/bin/node`);
  } catch {
    return undefined;
  }
}

/** The command's exit code; its output is ours, and our signals are its. */
function run(command, commandArgs, { isPreparation = false, folder = '.' } = {}) {
  return new Promise((resolve) => {
    const bin = path.join(root, 'node_modules', '.bin');
    const env = { ...process.env, PATH: [path.dirname(command), bin, process.env.PATH].join(path.delimiter) };
    const child = spawn(command, commandArgs, { cwd: path.join(root, folder), stdio: 'inherit', env });
    let stoppedBy;
    // On a terminal the whole process group gets SIGINT; elsewhere only we do. The server takes signals that arrive
    // together for one.
    const forward = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
    child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`));
    child.on('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
      // Nothing is started on what was broken off.
      if (isPreparation && stoppedBy) {
        rmSync(lock, { force: true });
        process.exit(128 + signalNumbers[stoppedBy]);
      }
      resolve(code ?? 128 + (signalNumbers[signal] ?? 1));
    });
  });
}

function hashOf(inputs) {
  const hash = createHash('sha256').update(process.platform + process.arch);
  const add = (relative) => {
    const absolute = path.join(root, relative);
    if (!existsSync(absolute)) return;
    const entries = readdirOrNull(absolute);
    if (entries) for (const entry of entries.sort()) add(path.join(relative, entry));
    else hash.update(relative).update('\0').update(readFileSync(absolute)).update('\0');
  };
  inputs.forEach(add);
  return hash.digest('hex');
}

function readdirOrNull(absolute) {
  try {
    return readdirSync(absolute);
  } catch (error) {
    if (error.code === 'ENOTDIR') return null;
    throw error;
  }
}

function tick(message) {
  const startedAt = Date.now();
  const timer = setInterval(() => say(`${message} (${Math.round((Date.now() - startedAt) / 1000)} s)`), 5000);
  return () => clearInterval(timer);
}

function say(message) {
  console.error(`parley: ${message}`);
}

function fail(message) {
  say(message);
  if (readOrEmpty(lock) === String(process.pid)) rmSync(lock, { force: true });
  process.exit(1);
}
