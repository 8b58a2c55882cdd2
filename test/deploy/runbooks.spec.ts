import { describe, expect, it } from '@jest/globals';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { configClasses } from '../../src/config/config-classes.js';
import { describedControllers } from '../../src/ops/api-docs/described-controllers.js';
import { RouteReader } from '../../src/ops/api-docs/route-reader.js';
import { readDockerfile } from './dockerfile.js';

const FOLDER = 'docs/runbooks';
const pages = readdirSync(FOLDER).map((file) => [file, readFileSync(path.join(FOLDER, file), 'utf8')] as const);
const ofAlerts = pages.filter(([file]) => file !== 'README.md');
const guide = readFileSync('docs/deploy-kubernetes.md', 'utf8');

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, first]) => first!);

/** `GET /api/v1/sessions/{id}` and so on, of all roles. */
function routesOfTheServer(): Set<string> {
  const controllers = describedControllers.map(({ controller }) => ({
    metatype: controller,
    instance: Object.create(controller.prototype as object) as object,
  }));
  const discovery = { getControllers: () => controllers } as never;
  const routes = new RouteReader(discovery, new MetadataScanner(), new Reflector()).routes();
  return new Set(routes.map(({ method, path: at }) => `${method.toUpperCase()} ${at}`));
}

/** As GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  found(text, /^#+ (.+)$/gm).map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\d\s-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('runbooks', () => {
  it('ask for what the image has', () => {
    const commands = found(readFileSync('src/cli/main.ts', 'utf8'), /^ {2}'?([\w:]+)'?: \(\) => import/gm);
    expect(commands).toContain('doctor');
    const copied = readDockerfile()
      .at(-1)!
      .instructions.filter(({ keyword }) => keyword === 'COPY')
      .map(({ text }) => path.normalize(text.split(/\s+/).at(-1)!));
    const has = (file: string): boolean => copied.some((target) => file === target || file.startsWith(`${target}/`));
    let asked = 0;
    for (const [file, text] of [...pages, ['deploy-kubernetes.md', guide] as const]) {
      // The guide has one for a checkout.
      if (file !== 'deploy-kubernetes.md') expect([file, found(text, /\b(npm run|npx) /g)]).toEqual([file, []]);
      for (const [, script, word] of text.matchAll(/\bnode ((?:dist|deploy\/image)\/\S+\.m?js) ([\w:-]+)?/g)) {
        asked++;
        expect([file, script, has(script!)]).toEqual([file, script, true]);
        if (script === 'dist/cli/main.js') expect([file, commands]).toEqual([file, expect.arrayContaining([word])]);
      }
    }
    expect(asked).toBeGreaterThan(12);
  });

  it('name routes that there are', () => {
    const routes = routesOfTheServer();
    for (const [file, text] of [...pages, ['deploy-kubernetes.md', guide] as const]) {
      const named = [
        ...found(text, /\b((?:GET|POST|PUT|DELETE) \/api\/v1\/[\w/:{}-]+)/g),
        ...found(text, /probe\.mjs (?:--show )?(\/api\/v1\/[\w/]+)/g).map((at) => `GET ${at}`),
        ...found(text, /-X (\w+ .*?)$/gm).flatMap((line) => {
          const [, method, at] = /^(\w+) .*localhost:8000(\/\S+)/.exec(line)!;
          return `${method} ${at}`;
        }),
      ].map((route) => route.replaceAll(/:(\w+)|<(\w+)>/g, '{$1$2}'));
      expect([file, named.filter((route) => !routes.has(route))]).toEqual([file, []]);
    }
    expect(routes.size).toBeGreaterThan(30);
  });

  it('say how to ask, where what is asked needs a credential', () => {
    const asks = ofAlerts.filter(([, text]) => /^- .*GET \/api\/v1/m.test(text)).map(([file]) => file);
    expect(asks.length).toBeGreaterThan(8);
    const told = ofAlerts.filter(([, text]) => text.includes('(README.md#how-to-ask)')).map(([file]) => file);
    expect(told).toEqual(expect.arrayContaining(asks));
  });

  it.each(pages)('%s: links lead somewhere, and settings are settings', (_, text) => {
    for (const link of found(text, /\]\(([^)]+)\)/g)) {
      const [file, anchor] = link.split('#') as [string, string?];
      const target = path.join(FOLDER, file || 'README.md');
      expect([link, existsSync(target)]).toEqual([link, true]);
      if (anchor)
        expect([link, anchorsOf(readFileSync(target, 'utf8'))]).toContainEqual(expect.arrayContaining([anchor]));
    }
    const known = new Set(configClasses.flatMap(({ settings }) => Object.values(settings).map(({ env }) => env)));
    const named = found(text, /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
