import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Clock, ManualClock } from '../../kernel/clock.js';
import { toolContext } from '../testing/tool-context.js';
import type { ToolContext } from '../tool.js';
import { NO_RULE } from '../tool-rule.js';
import { ToolRegistry, type ToolRun } from '../tool-registry.js';
import { ToolsModule } from '../tools.module.js';

@Global()
@Module({ providers: [{ provide: Clock, useFactory: () => new ManualClock(Date.UTC(2026, 2, 18)) }], exports: [Clock] })
class ClockModule {}

let app: TestingModule;
let context: ToolContext;

beforeEach(async () => {
  app = await Test.createTestingModule({ imports: [ClockModule, ToolsModule] }).compile();
  await app.init();
  // What a caller has to say yes to is tested with the guard.
  const rules = { block_card: { ...NO_RULE, confirm: false }, report_charge: { ...NO_RULE, confirm: false } };
  const registry = app.get(ToolRegistry);
  context = toolContext([...registry.known().keys()], {
    allowed: { rules, transferTargets: ['customer_service'] },
  });
});

afterEach(() => app.close());

function run(name: string, args: object = {}): Promise<ToolRun> {
  return app
    .get(ToolRegistry)
    .run({ callId: 'c', name, arguments: JSON.stringify(args) }, context, new AbortController().signal);
}

async function resultOf(name: string, args: object = {}): Promise<unknown> {
  return JSON.parse((await run(name, args)).content) as unknown;
}

const alice = { card_last4: '4242', pin: '1234' };

describe('verify_caller', () => {
  it.each([[alice], [{ customer_number: '100241', pin: '1234' }], [{ card_last4: '4242', date_of_birth: '03121984' }]])(
    'knows a caller by %j',
    async (args) => {
      expect(await resultOf('verify_caller', args)).toEqual({ verified: true, first_name: 'Alice' });
      expect(context.variables['caller']).toMatchObject({
        customer_id: '100241',
        first_name: 'Alice',
        name: 'Alice Morgan',
      });
    },
  );

  it.each([
    [{ card_last4: '4242', pin: '4321' }],
    [{ card_last4: '9999', pin: '1234' }],
    [{ card_last4: '4242', pin: '4321', date_of_birth: '03121984' }],
  ])('refuses %j without saying what was wrong', async (args) => {
    expect(await resultOf('verify_caller', args)).toEqual({ verified: false, attempts_left: 2 });
    expect(context.variables).not.toHaveProperty('caller');
  });

  it('refuses everything after three wrong tries, the right answer too', async () => {
    for (const attempts_left of [2, 1, 0]) {
      expect(await resultOf('verify_caller', { ...alice, pin: '0000' })).toEqual({ verified: false, attempts_left });
    }
    expect(await resultOf('verify_caller', alice)).toEqual({ verified: false, attempts_left: 0 });
  });

  it('does not forget what was guessed of others when somebody is who they say they are', async () => {
    const guess = { card_last4: '1881', pin: '0000' };
    expect(await resultOf('verify_caller', guess)).toEqual({ verified: false, attempts_left: 2 });
    expect(await resultOf('verify_caller', alice)).toMatchObject({ verified: true });
    expect(await resultOf('verify_caller', guess)).toEqual({ verified: false, attempts_left: 1 });
    expect(await resultOf('verify_caller', alice)).toMatchObject({ verified: true });
    expect(await resultOf('verify_caller', guess)).toEqual({ verified: false, attempts_left: 0 });
    expect(await resultOf('verify_caller', alice)).toEqual({ verified: false, attempts_left: 0 });
  });

  it('refuses a customer for a day whose PIN was guessed nine times, in whatever calls and by whatever number', async () => {
    const call = (args: object): Promise<unknown> => {
      for (const name of Object.keys(context.variables)) delete context.variables[name];
      return resultOf('verify_caller', args);
    };
    for (let good = 0; good < 20; good++) expect(await call(alice)).toMatchObject({ verified: true });
    for (let guess = 0; guess < 9; guess++)
      await call(guess % 2 ? { card_last4: '8361', pin: '0000' } : { customer_number: '100241', pin: '0000' });
    expect(await call(alice)).toEqual({ verified: false, attempts_left: 0 });
    expect(await call({ card_last4: '1881', pin: '2468' })).toMatchObject({ verified: true });
    await app.get<unknown, ManualClock>(Clock).advance(24 * 3600 * 1000 + 1);
    expect(await call(alice)).toMatchObject({ verified: true });
  });

  it('asks for what is missing, which is no try', async () => {
    expect(await run('verify_caller', { pin: '1234' })).toMatchObject({
      ok: false,
      content: expect.stringContaining('last four digits'),
    });
    expect(await run('verify_caller', { card_last4: '4242' })).toMatchObject({
      ok: false,
      content: expect.stringContaining('PIN'),
    });
    expect(await run('verify_caller', { card_last4: '42', pin: '1234' })).toMatchObject({
      ok: false,
      content: expect.stringContaining('must be 4 digits'),
    });
    expect(await resultOf('verify_caller', { ...alice, pin: '0000' })).toMatchObject({ attempts_left: 2 });
  });
});

describe('tools about an account', () => {
  it.each([
    ['get_balance', {}],
    ['list_recent_transactions', {}],
    ['block_card', { card_last4: '4242' }],
    ['report_charge', { amount: 2.75 }],
  ])('%s refuses a caller who is not verified', async (name, args) => {
    expect(await run(name, args)).toMatchObject({ ok: false, content: expect.stringContaining('Verify the caller') });
  });

  it('tell balances and transactions, the newest first', async () => {
    await run('verify_caller', alice);
    expect(await resultOf('get_balance')).toEqual({
      accounts: [
        { kind: 'checking', balance: 1245.6 },
        { kind: 'savings', balance: 8300 },
      ],
    });
    expect(await resultOf('list_recent_transactions', { limit: 1 })).toEqual({
      transactions: [{ id: 'tx-101', date: '2026-03-17', merchant: 'Green Valley Market', amount: -54.2 }],
    });
  });

  it('block a card once, and only one of the caller', async () => {
    await run('verify_caller', alice);
    const args = { card_last4: '4242', reason: 'stolen' };
    expect(await resultOf('block_card', args)).toEqual({
      blocked: true,
      already_blocked: false,
      card_last4: '4242',
      card_kind: 'debit',
    });
    expect(await resultOf('block_card', args)).toMatchObject({ blocked: true, already_blocked: true });
    expect(await resultOf('block_card', { card_last4: '1881' })).toEqual({ blocked: false, problem: 'no_such_card' });
    expect(app.get(ToolRegistry).isInterruptible('block_card')).toBe(false);
  });

  it('open one case per charge, and none for a charge of somebody else', async () => {
    await run('verify_caller', alice);
    const first = await resultOf('report_charge', { amount: 389.99 });
    expect(first).toEqual({
      reported: true,
      case_number: '7001',
      merchant: 'Sunset Electronics',
      amount: 389.99,
      date: '2026-03-15',
    });
    expect(await resultOf('report_charge', { transaction_id: 'tx-103' })).toEqual(first);
    expect(await resultOf('report_charge', { transaction_id: 'tx-101' })).toMatchObject({ case_number: '7002' });
    expect(await resultOf('report_charge', { transaction_id: 'tx-201' })).toEqual({
      reported: false,
      problem: 'no_such_charge',
    });
    expect(await run('report_charge')).toMatchObject({ ok: false, content: expect.stringContaining('amount') });
  });
});

describe('tools that move the call', () => {
  it.each([
    ['end_call', {}, { type: 'end', reason: 'done' }],
    ['transfer_to_human', { reason: 'angry' }, { type: 'transfer', target: 'customer_service', reason: 'angry' }],
  ])('%s has its effect', async (name, args, effect) => {
    expect(await run(name, args)).toMatchObject({ ok: true, effect });
  });
});
