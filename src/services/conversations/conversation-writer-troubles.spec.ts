import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WriterBench, record } from './testing/writer-bench.js';

const done = { status: 'completed', endReason: 'hangup' } as const;

describe('a conversation that the store refuses', () => {
  it('is set aside, named once in the log, and holds up no other', async () => {
    const bench = new WriterBench();
    bench.store.refused.add('poison');
    bench.store.down = true;
    for (const id of ['poison', 'one', 'two']) bench.writer.note(record(id, [1], done));
    await bench.until(() => bench.journaled() === 3);
    bench.store.down = false;
    await bench.until(() => bench.writer.waiting === 0 && bench.journaled() === 0, 1000);
    expect([...bench.store.stored.keys()].sort()).toEqual(['acme/one', 'acme/two']);
    expect([bench.writer.failing, bench.writer.refused]).toEqual([false, 1]);
    const [file] = bench.setAside();
    const said = bench.lines.filter((line) => line.includes('refuses'));
    expect(said).toEqual([expect.stringContaining(path.join('refused', file!))]);
    expect(readFileSync(path.join(bench.directory, 'refused', file!), 'utf8')).toContain('turn_1');
    // The next process says so, too, and leaves it alone.
    const next = bench.create();
    await next.start();
    expect([next.refused, next.waiting]).toEqual([1, 0]);
    expect(bench.lines.at(-1)).toContain('1 conversations that the store refused');
  });

  it('is set aside while its call goes on, with all that is said, and readiness does not change its mind', async () => {
    const bench = new WriterBench();
    bench.store.refused.add('poison');
    const turns: number[] = [];
    for (let turn = 1; turn <= 5; turn++) {
      turns.push(turn);
      bench.writer.note(record('poison', [...turns]));
      bench.writer.note(record('well', [...turns]));
      await bench.until(() => bench.store.turnsOf('well').length === turn && bench.writer.waiting === 0);
      expect([bench.writer.failing, bench.writer.refused]).toEqual([false, 1]);
    }
    const kept = readFileSync(path.join(bench.directory, 'refused', bench.setAside()[0]!), 'utf8');
    expect(kept).toContain('turn_5');
    expect(bench.lines).toHaveLength(1);
    // Once it is taken, it is there.
    bench.store.refused.clear();
    bench.writer.note(record('poison', turns, done));
    await bench.until(() => bench.store.turnsOf('poison').length === 5 && bench.setAside().length === 0);
    expect(bench.writer.refused).toBe(0);
  });

  it('keeps what is said by a session that came back together with what was set aside', async () => {
    const bench = new WriterBench();
    bench.store.refused.add('poison');
    bench.writer.note(record('poison', [1], done));
    await bench.until(() => bench.writer.refused === 1 && bench.writer.waiting === 0);
    const next = bench.create();
    await next.start();
    next.note(record('poison', [2], done));
    await bench.until(() => next.waiting === 0);
    const kept = readFileSync(path.join(bench.directory, 'refused', bench.setAside()[0]!), 'utf8');
    expect(kept).toMatch(/turn_1.*turn_2/);
  });
});

describe('a conversation that fails while others are taken', () => {
  it('is tried again, and neither holds up others nor makes the store look broken time and again', async () => {
    const bench = new WriterBench();
    bench.store.failing.add('poison');
    bench.store.down = true;
    for (const id of ['poison', 'one', 'two', 'three']) bench.writer.note(record(id, [1], done));
    await bench.until(() => bench.journaled() === 4);
    bench.store.down = false;
    await bench.until(() => bench.journaled() === 1 && bench.store.stored.size === 3, 1000);
    for (let minute = 0; minute < 10; minute++) {
      await bench.clock.advance(60_000);
      bench.writer.note(record(`later-${minute}`, [1], done));
      await bench.until(() => bench.store.stored.size === 4 + minute);
    }
    await bench.until(() => bench.lines.length >= 3, 1000);
    await bench.until(() => bench.writer.waiting === 1 && !bench.writer.failing);
    expect(bench.lines.map((line) => line.split(':')[0])).toEqual(['error', 'info', 'error']);
    expect(bench.lines.at(-1)).toContain('is not taken, while others are');
    bench.store.failing.clear();
    await bench.until(() => bench.writer.waiting === 0, 60_000);
  });
});

describe('an outage', () => {
  it('is over for conversations soon after it is over for the store, however much was said in it', async () => {
    const bench = new WriterBench();
    bench.store.down = true;
    bench.writer.note(record('a', [1], done));
    await bench.until(() => bench.journaled() === 1 && bench.writer.failing);
    // Each of them fails, within a second.
    for (let call = 0; call < 20; call++) {
      bench.writer.note(record(`busy-${call}`, [1], done));
      await bench.until(() => bench.journaled() === call + 2);
      await bench.clock.advance(20);
    }
    bench.store.down = false;
    await bench.clock.advance(1000);
    await bench.until(() => bench.writer.waiting === 0);
    expect(bench.clock.now()).toBeLessThan(2000);
  });

  it('is over also where nothing is left to find out with', async () => {
    const bench = new WriterBench();
    bench.store.down = true;
    await bench.writer.start(new Error('it is not there yet'));
    expect(bench.writer.failing).toBe(true);
    await bench.until(() => bench.clock.now() > 5000, 1000);
    bench.store.down = false;
    await bench.until(() => !bench.writer.failing, 1000);
    expect(bench.lines.map((line) => line.split(':')[0])).toEqual(['error', 'info']);
  });
});

describe('a conversation that was deleted', () => {
  it('does not come back while its call goes on', async () => {
    const bench = new WriterBench();
    bench.writer.note(record('a', [1]));
    await bench.until(() => bench.store.turnsOf('a').length === 1);
    bench.removed.add('a');
    expect(await bench.writer.forget('acme', 'a')).toBe(true);
    await bench.store.remove('acme', 'a');
    bench.writer.note(record('a', [1, 2]));
    bench.writer.note(record('a', [1, 2, 3], done));
    await bench.until(() => bench.writer.waiting === 0);
    expect([bench.store.stored.size, bench.journaled()]).toEqual([0, 0]);
  });

  it('does not come back by a write that was under way', async () => {
    const bench = new WriterBench();
    bench.store.delayMs = 400;
    bench.writer.note(record('a', [1], done));
    await bench.clock.advance(200);
    bench.removed.add('a');
    await bench.writer.forget('acme', 'a');
    await bench.until(() => bench.writer.waiting === 0, 100);
    expect(bench.store.stored.size).toBe(0);
  });

  it('does not come back from the disk, here or on another replica, nor is it left there', async () => {
    const bench = new WriterBench();
    const other = bench.create(`${bench.directory}-2`);
    bench.store.down = true;
    for (const writer of [bench.writer, other]) writer.note(record('a', [1], done));
    await bench.until(() => bench.journaled() === 1 && bench.writer.failing && other.waiting === 1 && other.failing);
    bench.removed.add('a');
    await bench.writer.forget('acme', 'a');
    expect(bench.journaled()).toBe(0);
    bench.store.down = false;
    await bench.until(() => other.waiting === 0 && !other.failing && !bench.writer.failing, 1000);
    expect(bench.store.stored.size).toBe(0);
  });

  it('leaves nothing of what was said on the disk while it cannot be taken out of the store', async () => {
    const bench = new WriterBench();
    bench.writer.note(record('a', [1]));
    await bench.until(() => bench.store.turnsOf('a').length === 1);
    bench.removed.add('a');
    bench.store.down = true;
    // On another replica than the one that was asked.
    bench.writer.note(record('a', [1, 2]));
    await bench.until(() => bench.journaled() === 1 && bench.writer.failing);
    bench.writer.note(record('a', [1, 2, 3], done));
    await bench.until(() => bench.journaled() === 1 && bench.writer.waiting === 1);
    await bench.end(bench.writer);
    for (const text of bench.texts()) expect(text).not.toContain('turn_');
    bench.store.down = false;
    await bench.create().start();
    await bench.until(() => bench.store.stored.size === 0 && bench.journaled() === 0, 1000);
  });

  it('is deleted also where it was set aside', async () => {
    const bench = new WriterBench();
    bench.store.refused.add('a');
    bench.writer.note(record('a', [1], done));
    await bench.until(() => bench.writer.refused === 1 && bench.writer.waiting === 0);
    expect(await bench.writer.forget('acme', 'a')).toBe(true);
    expect([bench.setAside(), bench.writer.refused]).toEqual([[], 0]);
  });
});
