import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { Journal } from '../journal.js';
import type { ConversationRecord } from './conversation-record.js';
import { ConversationStore, type StoredConversation } from './conversation-store.js';
import { ConversationWriter } from './conversation-writer.js';

const SLOW_MS = 500;

/** A store in memory that can be down, slow, or shared with another writer. */
class StoreDouble extends ConversationStore {
  readonly name = 'double';
  readonly stored = new Map<string, StoredConversation>();
  down = false;
  delayMs = 0;
  puts = 0;

  constructor(private readonly clock: ManualClock) {
    super();
  }

  override start = async (): Promise<void> => undefined;
  override check = async (): Promise<Record<string, unknown>> => ({});
  override list = async (): Promise<never[]> => [];
  override remove = async (): Promise<boolean> => false;
  override close = async (): Promise<void> => undefined;

  override async get(tenant: string, id: string): Promise<StoredConversation | undefined> {
    await this.answer();
    return this.stored.get(`${tenant}/${id}`);
  }

  override async put(record: ConversationRecord, version: string | undefined): Promise<string> {
    this.puts++;
    await this.answer();
    const key = `${record.tenant}/${record.id}`;
    if (this.stored.get(key)?.version !== version) throw new ParleyError('conflict', 'changed', true);
    const next = String(Number(version ?? 0) + 1);
    this.stored.set(key, { record, version: next });
    return next;
  }

  turnsOf(id: string): string[] {
    return this.stored.get(`acme/${id}`)?.record.entries.map((entry) => entry.id) ?? [];
  }

  private async answer(): Promise<void> {
    if (this.delayMs > 0) await this.clock.delay(this.delayMs);
    if (this.down) throw new ParleyError('store_failed', 'down', true);
  }
}

function record(id: string, turns: readonly number[], changes: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    id,
    tenant: 'acme',
    scenario: 's',
    agent: 'a',
    status: 'in_progress',
    startedAt: '2026-11-20T10:00:00.000Z',
    updatedAt: `2026-11-20T10:00:${String(turns.length).padStart(2, '0')}.000Z`,
    endReason: null,
    entries: turns.map((turn) => ({
      id: `turn_${turn}`,
      at_ms: turn,
      role: 'caller',
      source: 'text',
      text: 'x',
      rejected: false,
    })),
    ...changes,
  };
}

class Bench {
  readonly clock = new ManualClock();
  readonly store = new StoreDouble(this.clock);
  readonly directory = path.join(mkdtempSync(path.join(tmpdir(), 'parley-writer-')), 'journal');
  readonly lines: string[] = [];
  writer = this.create();

  create(): ConversationWriter {
    return new ConversationWriter({
      store: this.store,
      journal: new Journal(this.directory),
      clock: this.clock,
      log: (level, line) => void this.lines.push(`${level}: ${line}`),
    });
  }

  journaled(): number {
    try {
      return readdirSync(this.directory).filter((name) => name.endsWith('.json')).length;
    } catch {
      return 0;
    }
  }

  /** Files take real time, which stands still here otherwise. */
  async until(condition: () => boolean, stepMs = 0): Promise<void> {
    const giveUpAt = performance.now() + 5000;
    while (!condition()) {
      if (performance.now() > giveUpAt) throw new Error(`not so; ${this.lines.join('; ')}`);
      await this.clock.advance(stepMs);
    }
  }
}

describe('writing conversations behind calls', () => {
  it('writes the newest state once it can, and nothing in between', async () => {
    const bench = new Bench();
    bench.store.delayMs = 100;
    for (let turns = 1; turns <= 20; turns++)
      bench.writer.note(
        record(
          'a',
          Array.from({ length: turns }, (_, n) => n),
        ),
      );
    await bench.clock.advance(100);
    for (let turns = 21; turns <= 40; turns++)
      bench.writer.note(
        record(
          'a',
          Array.from({ length: turns }, (_, n) => n),
        ),
      );
    await bench.clock.advance(200);
    expect([bench.store.puts, bench.store.turnsOf('a').length]).toEqual([2, 40]);
    await bench.until(() => bench.clock.pending === 0);
    expect(bench.journaled()).toBe(0);
  });

  it('keeps on disk what the store does not take, and brings it there later, with one line for the outage', async () => {
    const bench = new Bench();
    bench.store.down = true;
    for (const id of ['a', 'b', 'c']) bench.writer.note(record(id, [1], { status: 'completed' }));
    await bench.until(() => bench.journaled() === 3);
    expect(bench.writer.waiting).toBe(3);
    await bench.clock.advance(5000);
    bench.store.down = false;
    await bench.clock.advance(60_000);
    await bench.until(() => bench.journaled() === 0);
    expect([...bench.store.stored.keys()].sort()).toEqual(['acme/a', 'acme/b', 'acme/c']);
    expect(bench.lines.map((line) => line.split(':')[0])).toEqual(['error', 'info']);
    await bench.until(() => bench.writer.waiting === 0);
    expect(bench.writer.failing).toBe(false);
  });

  it('is safe from a sudden end while the store is slow', async () => {
    const bench = new Bench();
    bench.store.delayMs = 10_000;
    bench.writer.note(record('a', [1]));
    await bench.clock.advance(SLOW_MS);
    await bench.until(() => bench.journaled() === 1);
    // The process is gone; another one starts with the same folder.
    bench.store.delayMs = 0;
    const next = bench.create();
    await next.start();
    await bench.until(() => bench.store.turnsOf('a').length === 1 && bench.journaled() === 0);
  });

  it('puts what two replicas have written together', async () => {
    const bench = new Bench();
    const other = bench.create();
    bench.writer.note(record('a', [1, 2]));
    await bench.until(() => bench.store.turnsOf('a').length === 2);
    other.note(record('a', [3, 4, 5], { agent: 'fraud' }));
    await bench.until(() => bench.store.turnsOf('a').length === 5);
    bench.writer.note(record('a', [1, 2], { status: 'completed', updatedAt: '2026-11-20T10:00:02.000Z' }));
    await bench.until(() => bench.store.puts >= 5);
    await bench.clock.advance(0);
    expect(bench.store.turnsOf('a')).toEqual(['turn_1', 'turn_2', 'turn_3', 'turn_4', 'turn_5']);
    expect(bench.store.stored.get('acme/a')!.record).toMatchObject({ agent: 'fraud', status: 'in_progress' });
  });

  it('ends with everything in the store or on disk', async () => {
    const bench = new Bench();
    bench.writer.note(record('a', [1]));
    bench.store.down = true;
    bench.writer.note(record('b', [1]));
    await bench.writer.close();
    expect(bench.store.stored.size + bench.journaled()).toBe(2);
    expect(bench.clock.pending).toBe(0);
  });

  it('leaves what is no entry of its journal alone', async () => {
    const bench = new Bench();
    bench.store.down = true;
    bench.writer.note(record('a', [1]));
    await bench.until(() => bench.journaled() === 1);
    writeFileSync(path.join(bench.directory, 'garbage.json'), '{');
    writeFileSync(path.join(bench.directory, 'other.json'), '{"key":"k","text":"{}"}');
    bench.store.down = false;
    const next = bench.create();
    await next.start();
    await bench.until(() => bench.store.turnsOf('a').length === 1);
    await bench.until(() => bench.journaled() === 2);
  });

  it('loses nothing, whatever the store does and however often the process dies', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('turn' as const), id: fc.constantFrom('a', 'b') }),
      fc.constant({ do: 'down' as const }),
      fc.constant({ do: 'up' as const }),
      fc.constant({ do: 'slow' as const }),
      fc.constant({ do: 'restart' as const }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 600, 5000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const bench = new Bench();
        const turns: Record<string, number[]> = { a: [], b: [] };
        for (const action of steps) {
          if (action.do === 'turn') {
            turns[action.id]!.push(turns[action.id]!.length);
            bench.writer.note(record(action.id, turns[action.id]!));
          } else if (action.do === 'wait') await bench.clock.advance(action.ms);
          else if (action.do === 'restart') {
            // Told to end: what is under way ends within its time.
            const end = { reached: false };
            void bench.writer.close().then(() => (end.reached = true));
            await bench.until(() => end.reached, 500);
            bench.writer = bench.create();
            await bench.writer.start();
          } else {
            bench.store.down = action.do === 'down';
            bench.store.delayMs = action.do === 'slow' ? 900 : 0;
          }
        }
        bench.store.down = false;
        bench.store.delayMs = 0;
        const arrived = (): boolean => ['a', 'b'].every((id) => bench.store.turnsOf(id).length === turns[id]!.length);
        await bench.until(arrived, 1000);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});
