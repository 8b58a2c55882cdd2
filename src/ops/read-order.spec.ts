import { BadRequestException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { callOrder } from './calls.controller.js';
import { conversationsQuery } from './conversations.controller.js';
import { overrideOrder } from './overrides.controller.js';
import { phrasesOrder } from './phrases.controller.js';
import { erasureOrder } from './privacy.controller.js';
import { readOrder } from './read-order.js';
import { tokenOrder } from './tokens.controller.js';

function refusalOf(schema: z.ZodType, given: unknown, whole?: 'query'): string {
  try {
    readOrder(schema, given, whole);
  } catch (error) {
    if (error instanceof BadRequestException) return error.message;
    throw error;
  }
  return '';
}

const TTL = '"ttl_ms": allowed is a whole number from 1000 (a second) to 2592000000 (30 days)';
const TEXT = 'is of another kind; allowed is a text';
const OVERRIDE = 'are scenario, agent, ttl_ms';

describe('what somebody asks for', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['/overrides', overrideOrder, undefined, '"body": is missing; allowed is a JSON object'],
    ['/overrides', overrideOrder, [], '"body": is of another kind; allowed is a JSON object'],
    ['/overrides', overrideOrder, { agent: 'desk' }, TTL],
    ['/overrides', overrideOrder, { agent: 'desk', ttl_ms: 'soon' }, TTL],
    ['/overrides', overrideOrder, { agent: 'desk', ttl_ms: 1.5 }, TTL],
    ['/overrides', overrideOrder, { agent: 'desk', ttl_ms: 5 }, TTL],
    ['/overrides', overrideOrder, { ttl_ms: 1000 }, '"body": "scenario" or "agent" is needed'],
    ['/overrides', overrideOrder, { agent: 7, ttl_ms: 1000 }, `"agent": ${TEXT}`],
    [
      '/overrides',
      overrideOrder,
      { agent: '', scenario: 'x'.repeat(65), ttl_ms: 1000 },
      '"scenario": is too long; allowed are at most 64 characters. "agent": is too short; allowed are at least 1 character',
    ],
    [
      '/overrides',
      overrideOrder,
      { agent: 'desk', ttl_ms: 1000, colour: 'red', ['y'.repeat(100)]: 1 },
      `"colour": is unknown; allowed ${OVERRIDE}. "${'y'.repeat(64)}": is unknown; allowed ${OVERRIDE}`,
    ],
    ['/phrases', phrasesOrder, {}, '"phrases": is missing; allowed is a list'],
    ['/phrases', phrasesOrder, { phrases: 'Wieczorek' }, '"phrases": is of another kind; allowed is a list'],
    ['/phrases', phrasesOrder, { phrases: ['a', 7] }, `"phrases.1": ${TEXT}`],
    ['/phrases', phrasesOrder, { phrases: ['a', ' '] }, '"phrases.1": is too short; allowed are at least 1 character'],
    ['/phrases', phrasesOrder, { phrases: ['a\nb'] }, '"phrases.0": has a control character'],
    [
      '/phrases',
      phrasesOrder,
      { phrases: Array(501).fill('a') },
      '"phrases": is too long; allowed are at most 500 entries',
    ],
    ['/calls', callOrder, {}, '"to": is missing; allowed is a text'],
    ['/tokens', tokenOrder, { subject: 'a b' }, '"subject": allowed are up to 128 letters, digits and . _ @ : -'],
    [
      '/privacy/erase',
      erasureOrder,
      { before: 'yesterday' },
      '"before": allowed is a time such as 2026-11-20T10:00:00Z',
    ],
    [
      '/privacy/erase',
      erasureOrder,
      {},
      '"body": exactly one of "conversation_ids", "person_id" and "before" is needed',
    ],
  ])('is refused in words: %s %#', (_, schema, given, words) => {
    expect(refusalOf(schema, given)).toBe(words);
  });

  it('is refused in words where it is a query, too', () => {
    expect(refusalOf(conversationsQuery, { limit: 'all', tenant: 'a b' }, 'query')).toBe(
      '"limit": allowed is a whole number from 1 to 200. "tenant": is not the name of a tenant',
    );
  });

  it('is what it says', () => {
    expect(readOrder(overrideOrder, { agent: 'desk', ttl_ms: 1000 })).toEqual({ agent: 'desk', ttl_ms: 1000 });
  });
});
