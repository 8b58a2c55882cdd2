import { expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFileSync } from 'node:fs';
import { Clock, ManualClock } from '../../src/kernel/clock.js';
import { ToolRegistry } from '../../src/tools/tool-registry.js';
import { toolContext } from '../../src/tools/testing/tool-context.js';
import { BakeryModule } from './place-order.tool.js';

@Global()
@Module({ providers: [{ provide: Clock, useFactory: () => new ManualClock() }], exports: [Clock] })
class ClockModule {}

it('the tool in docs/agents.md is the file that is tested here', () => {
  const document = readFileSync('docs/agents.md', 'utf8');
  const block = /```ts\n([\s\S]*?)```/.exec(document.split('## Tools')[1] ?? '')?.[1];
  expect(block).toBe(readFileSync('test/docs/place-order.tool.ts', 'utf8'));
});

it('the tool in docs/agents.md registers itself and takes an order', async () => {
  const app = await Test.createTestingModule({ imports: [ClockModule, BakeryModule] }).compile();
  await app.init();
  const registry = app.get(ToolRegistry, { strict: false });
  expect(registry.known().get('place_order')).toEqual(['kind', 'pieces']);
  const context = toolContext(['place_order']);
  const call = { callId: '1', name: 'place_order', arguments: '{"kind":"rye","pieces":2}' };
  const run = await registry.run(call, context, new AbortController().signal);
  expect(JSON.parse(run.content)).toEqual({ accepted: true, ready_at: "five o'clock" });
  await app.close();
});
