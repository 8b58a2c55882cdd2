import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AsyncQueue } from './async-queue.js';

async function drain<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('AsyncQueue', () => {
  it('hands items over in order, and ends when it is closed and empty', async () => {
    const queue = new AsyncQueue<number>();
    const items = drain(queue);
    queue.offer(1);
    queue.offer(2);
    queue.close();
    expect(queue.offer(3)).toBe(false);
    expect(await items).toEqual([1, 2]);
  });

  it('makes the producer wait while it is full', async () => {
    const queue = new AsyncQueue<number>(1);
    expect(queue.offer(1)).toBe(true);
    expect(queue.offer(2)).toBe(false);
    const pushed = queue.push(2);
    const iterator = queue[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    expect(await pushed).toBe(true);
    expect((await iterator.next()).value).toBe(2);
  });

  it('ends a waiting producer when it is closed', async () => {
    const queue = new AsyncQueue<number>(1);
    queue.offer(1);
    const pushed = queue.push(2);
    queue.close();
    expect(await pushed).toBe(false);
  });

  it('throws to the consumer when it fails, and drops what was in it', async () => {
    const queue = new AsyncQueue<number>();
    queue.offer(1);
    queue.fail(new Error('over'));
    await expect(drain(queue)).rejects.toThrow('over');
    expect(queue.depth).toBe(0);
  });

  it('never exceeds its bound, never loses or reorders, whatever the interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { maxLength: 50 }),
        async (capacity, numbers) => {
          const queue = new AsyncQueue<number>(capacity);
          const produce = async (): Promise<void> => {
            for (const number of numbers) {
              await queue.push(number);
              expect(queue.depth).toBeLessThanOrEqual(capacity);
            }
            queue.close();
          };
          const [items] = await Promise.all([drain(queue), produce()]);
          expect(items).toEqual(numbers);
          expect(queue.depth).toBe(0);
        },
      ),
    );
  });
});
