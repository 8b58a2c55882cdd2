import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { WriterBench, record } from './testing/writer-bench.js';

const SLOW_MS = 500;

describe('writing conversations behind calls', () => {
  it('writes the newest state once it can, and nothing in between', async () => {
    const bench = new WriterBench();
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
    const bench = new WriterBench();
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
    const bench = new WriterBench();
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
    const bench = new WriterBench();
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
    const bench = new WriterBench();
    bench.writer.note(record('a', [1]));
    bench.store.down = true;
    bench.writer.note(record('b', [1]));
    await bench.writer.close();
    expect(bench.store.stored.size + bench.journaled()).toBe(2);
    expect(bench.clock.pending).toBe(0);
  });

  it('leaves what is no entry of its journal alone', async () => {
    const bench = new WriterBench();
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

  it('goes on with a conversation whose session came back, here or on another replica', async () => {
    const bench = new WriterBench();
    const other = bench.create(`${bench.directory}-2`);
    bench.writer.note(record('a', [1, 2], { status: 'completed', endReason: 'lost', updatedAt: at(2) }));
    await bench.until(() => bench.store.turnsOf('a').length === 2);
    for (const [turn, writer] of [bench.writer, other].entries()) {
      // The first write finds out what is there; the second must not forget it.
      writer.note(record('a', [10 * turn + 3], { updatedAt: at(10 * turn + 3) }));
      await bench.until(() => bench.store.turnsOf('a').includes(`turn_${10 * turn + 3}`));
      writer.note(record('a', [10 * turn + 3, 10 * turn + 4], { updatedAt: at(10 * turn + 4) }));
      await bench.until(() => bench.store.turnsOf('a').includes(`turn_${10 * turn + 4}`));
    }
    expect(bench.store.turnsOf('a')).toEqual([1, 2, 3, 4, 13, 14].map((turn) => `turn_${turn}`));
    expect(bench.store.stored.get('acme/a')!.record).toMatchObject({ status: 'in_progress', endReason: null });
  });

  it('adds to what is on disk of a session that came back', async () => {
    const bench = new WriterBench();
    bench.store.down = true;
    bench.writer.note(record('a', [1], { status: 'completed', endReason: 'lost', updatedAt: at(1) }));
    await bench.until(() => bench.journaled() === 1 && bench.writer.failing);
    await bench.end(bench.writer);
    const next = bench.create();
    await next.start();
    next.note(record('a', [2], { updatedAt: at(2) }));
    await bench.clock.advance(0);
    await bench.end(next);
    bench.store.down = false;
    await bench.create().start();
    await bench.until(() => bench.store.turnsOf('a').length > 0);
    expect(bench.store.turnsOf('a')).toEqual(['turn_1', 'turn_2']);
  });

  it('keeps two turns with one id: a session may go on with a state from before its last turn', async () => {
    const bench = new WriterBench();
    const [before, after] = [record('a', [1]), record('a', [1], { updatedAt: at(9) })];
    bench.writer.note(before);
    await bench.until(() => bench.store.turnsOf('a').length === 1);
    bench.create(`${bench.directory}-2`).note({ ...after, entries: [{ ...after.entries[0]!, at_ms: 5 }] });
    await bench.until(() => bench.store.turnsOf('a').length === 2);
  });

  it('loses nothing, whatever the store does, however often processes end and callers come back', async () => {
    const id = fc.constantFrom<'a' | 'b'>('a', 'b');
    const replica = fc.constantFrom(0, 1);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const), id }) },
      fc.record({ do: fc.constant('resume' as const), id, replica, ended: fc.boolean() }),
      fc.constant({ do: 'down' as const }),
      fc.constant({ do: 'up' as const }),
      fc.constant({ do: 'slow' as const }),
      fc.record({ do: fc.constant('restart' as const), replica }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 600, 5000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const bench = new WriterBench();
        const folders = [bench.directory, `${bench.directory}-2`];
        const writers = folders.map((folder) => bench.create(folder));
        // What was said in all, and what the session knows of it that goes on now.
        const said: Record<string, number> = { a: 0, b: 0 };
        const sessions: Record<string, { replica: number; turns: number[] }> = {
          a: { replica: 0, turns: [] },
          b: { replica: 0, turns: [] },
        };
        let time = 0;
        const note = (key: string, changes: object): void => {
          const { replica, turns } = sessions[key]!;
          writers[replica]!.note(record(key, turns, { updatedAt: at(++time), ...changes }));
        };
        for (const action of steps) {
          if (action.do === 'turn') {
            sessions[action.id]!.turns.push(++said[action.id]!);
            note(action.id, {});
          } else if (action.do === 'resume') {
            if (action.ended) note(action.id, { status: 'completed', endReason: 'lost' });
            sessions[action.id] = { replica: action.replica, turns: [] };
          } else if (action.do === 'wait') await bench.clock.advance(action.ms);
          else if (action.do === 'restart') {
            await bench.end(writers[action.replica]!);
            writers[action.replica] = bench.create(folders[action.replica]);
            await writers[action.replica]!.start();
            for (const session of Object.values(sessions)) if (session.replica === action.replica) session.turns = [];
          } else {
            bench.store.down = action.do === 'down';
            bench.store.delayMs = action.do === 'slow' ? 900 : 0;
          }
        }
        bench.store.down = false;
        bench.store.delayMs = 0;
        for (const key of ['a', 'b']) note(key, { status: 'completed', endReason: 'hangup' });
        const all = (key: string): string[] => Array.from({ length: said[key]! }, (_, n) => `turn_${n + 1}`);
        const arrived = (key: string): boolean =>
          bench.store.stored.get(`acme/${key}`)?.record.endReason === 'hangup' &&
          bench.store.turnsOf(key).join() === all(key).join();
        await bench.until(() => arrived('a') && arrived('b'), 1000);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});

function at(seconds: number): string {
  return new Date(Date.UTC(2026, 10, 20, 10) + seconds * 1000).toISOString();
}
