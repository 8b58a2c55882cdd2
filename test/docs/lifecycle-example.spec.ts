import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { readFileSync } from 'node:fs';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load.js';
import { LifecycleModule } from '../../src/lifecycle/lifecycle.module.js';
import { LifecycleService } from '../../src/lifecycle/lifecycle.service.js';
import { type LifecycleStep, Step } from '../../src/lifecycle/step.js';
import { GeoLookup, GeoModule } from './geo-lookup.step.js';

/** What happened, and how many area codes there were at that moment. */
let seen: string[] = [];

@Injectable()
@Step({ name: 'behind', after: ['geo'], timeoutMs: 1000 })
class StepBehind implements LifecycleStep {
  constructor(private readonly geo: GeoLookup) {}

  async start(): Promise<void> {
    seen.push(`behind started, ${this.geo.size}`);
  }

  async stop(): Promise<void> {
    seen.push(`behind stopped, ${this.geo.size}`);
  }
}

@Injectable()
@Step({ name: 'core', timeoutMs: 1000 })
class StepBefore implements LifecycleStep {
  constructor(private readonly geo: GeoLookup) {}

  async start(): Promise<void> {
    seen.push(`core started, ${this.geo.size}`);
  }

  async stop(): Promise<void> {
    seen.push(`core stopped, ${this.geo.size}`);
  }
}

function appWithGeo(): TestingModuleBuilder {
  return Test.createTestingModule({
    imports: [ConfigModule.forRoot(loadConfig({ LOG_LEVEL: 'silent' })), LifecycleModule, GeoModule],
    // In the wrong order: `after` decides.
    providers: [StepBehind, StepBefore],
  });
}

describe('the example in docs/lifecycle.md', () => {
  let app: INestApplication | undefined;
  beforeEach(() => {
    seen = [];
  });
  afterEach(() => app?.close());

  it('is the file that is tested here', () => {
    const document = readFileSync('docs/lifecycle.md', 'utf8');
    const block = /```ts\n([\s\S]*?)```/.exec(document.split('## Add a step')[1] ?? '')?.[1];
    expect(block).toBe(readFileSync('test/docs/geo-lookup.step.ts', 'utf8'));
  });

  it('is found by itself, runs in its place, and stops in reverse', async () => {
    app = (await appWithGeo().compile()).createNestApplication({ logger: false });
    await app.init();
    expect(app.get(GeoLookup).regionOf('312')).toBe('Chicago');
    expect(app.get(LifecycleService).statuses.map(({ name, state, summary }) => [name, state, summary])).toEqual([
      ['core', 'started', undefined],
      ['geo', 'started', '3 area codes'],
      ['behind', 'started', undefined],
    ]);
    await app.close();
    expect(seen).toEqual(['core started, 0', 'behind started, 3', 'behind stopped, 3', 'core stopped, 0']);
  });

  it('ends the start when it fails, and what had started is stopped', async () => {
    const broken = { size: 0, load: () => Promise.reject(new Error('no table')), unload: () => undefined };
    const failing = (await appWithGeo().overrideProvider(GeoLookup).useValue(broken).compile()).createNestApplication({
      logger: false,
    });
    await expect(failing.init()).rejects.toThrow('Start-up step "geo" failed: no table');
    expect(seen).toEqual(['core started, 0', 'core stopped, 0']);
  });
});
