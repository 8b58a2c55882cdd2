import { expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { SampleBank } from './sample-bank.js';
import { BankReadiness } from './bank-readiness.js';

it('says that the services are down once the bank does not answer', () => {
  const bank = new SampleBank(new ManualClock());
  const readiness = new BankReadiness(bank);
  expect(readiness.check()).toEqual({ bank: 'sample, in memory' });
  bank.close();
  expect(() => readiness.check()).toThrow();
});
