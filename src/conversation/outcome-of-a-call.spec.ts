import { describe, expect, it } from '@jest/globals';
import type { AbortKind } from '../kernel/abort.js';
import type { TransferStatus } from './session-end.js';
import { outcomeOf } from './session-end.js';

describe('what became of a call', () => {
  it.each<[string, AbortKind, number, TransferStatus | undefined]>([
    ['contained', 'hangup', 3, undefined],
    ['contained', 'completed', 1, undefined],
    ['contained', 'idle', 2, undefined],
    ['abandoned', 'hangup', 0, undefined],
    ['abandoned', 'completed', 0, undefined],
    ['transferred', 'completed', 2, 'started'],
    ['transferred', 'completed', 2, 'simulated'],
    // Whoever takes it over closes our connection.
    ['transferred', 'lost', 2, 'started'],
    ['transfer_failed', 'hangup', 3, 'failed'],
    ['cut', 'lost', 3, 'failed'],
    ['cut', 'drain', 3, undefined],
    ['cut', 'error', 0, undefined],
    ['moved', 'superseded', 3, undefined],
  ])('is %s when it ended with %s after %d turns, and a transfer was %s', (outcome, kind, turns, transfer) => {
    expect(outcomeOf(kind, turns, transfer)).toBe(outcome);
  });
});
