import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { SessionDirectory } from '../../state/session-directory.js';
import type { SaidBefore } from '../../state/session-registry.js';
import { LiveTranscripts, type TranscriptNews } from './live-transcripts.js';

type TranscriptReading = AsyncGenerator<TranscriptNews>;

const entry = (id: string) => ({ id, at_ms: 0, role: 'tool', agent: 'desk', tool: 'look_up', ok: true });

/** A call on some replica, and somebody who reads along in it. */
class ReadAlong {
  readonly clock = new ManualClock();
  readonly asked: SaidBefore[] = [];
  answer: (before: SaidBefore) => unknown = ({ from }) => said(this.entries.slice(from), this.entries.length);
  entries: unknown[] = [];
  private readonly gone = new AbortController();
  private readonly news: AsyncGenerator<TranscriptNews>;

  constructor() {
    const directory: Pick<SessionDirectory, 'handle' | 'send'> = {
      handle: () => undefined,
      send: (_id, _type, before) => {
        this.asked.push(before as SaidBefore);
        return new Promise((resolve) => resolve(this.answer(before as SaidBefore)));
      },
    };
    const transcripts = new LiveTranscripts(directory as SessionDirectory, this.clock);
    this.news = transcripts.follow('call', 'acme olga', this.gone.signal);
  }

  /** The next that is told, whenever that is. */
  async next(): Promise<TranscriptNews | undefined> {
    const told: TranscriptNews[] = [];
    const coming = this.news.next().then(({ value, done }) => {
      if (!done) told.push(value);
      return done === true;
    });
    for (;;) {
      // Rejects here, if it does.
      const over = await Promise.race([coming, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
      if (over || told.length > 0) return told[0];
      await this.clock.advance(400);
    }
  }

  leave(): void {
    this.gone.abort(new Error('left'));
  }
}

function said(entries: unknown[], upTo: number, state = 'IDLE') {
  return { part: 'one', upTo, entries, agent: 'desk', state };
}

describe('who reads along in a call', () => {
  it('gets all so far, then only what is new, and is told of changes of its state', async () => {
    const reader = new ReadAlong();
    reader.entries = [entry('a'), entry('b')];
    expect(await reader.next()).toMatchObject({ type: 'said', entries: [{ id: 'a' }, { id: 'b' }], state: 'IDLE' });
    reader.entries.push(entry('c'));
    expect(await reader.next()).toMatchObject({ type: 'said', entries: [{ id: 'c' }] });
    reader.answer = () => said([], 3, 'STREAMING');
    expect(await reader.next()).toMatchObject({ type: 'said', entries: [], state: 'STREAMING' });
    expect(reader.asked.slice(0, 2)).toEqual([
      { part: '', from: 0 },
      { part: 'one', from: 2 },
    ]);
  });

  it('gets a sign of life every 15 s', async () => {
    const reader = new ReadAlong();
    await reader.next();
    const before = reader.clock.now();
    expect(await reader.next()).toEqual({ type: 'quiet' });
    expect(reader.clock.now() - before).toBeGreaterThanOrEqual(15_000);
  });

  it('is told that it is over', async () => {
    const reader = new ReadAlong();
    await reader.next();
    reader.answer = () => {
      throw new ParleyError('not_found', 'gone');
    };
    expect(await reader.next()).toEqual({ type: 'over' });
    expect(await reader.next()).toBeUndefined();
  });

  it('does not notice that the other replica was away for a moment', async () => {
    const reader = new ReadAlong();
    await reader.next();
    let failures = 0;
    reader.answer = () => {
      if (++failures <= 10) throw new ParleyError('timeout', 'slow', true);
      return said([entry('a')], 1);
    };
    expect(await reader.next()).toMatchObject({ type: 'said', entries: [{ id: 'a' }] });
    reader.answer = () => {
      throw new ParleyError('timeout', 'slow', true);
    };
    await expect(reader.next()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('is told at once what cannot be read along', async () => {
    const reader = new ReadAlong();
    reader.answer = () => {
      throw new ParleyError('unsupported', 'not here');
    };
    await expect(reader.next()).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('has to ask again after a quarter of an hour', async () => {
    const reader = new ReadAlong();
    let news = await reader.next();
    while (news?.type !== 'again') news = await reader.next();
    expect(reader.clock.now()).toBeGreaterThanOrEqual(900_000);
    expect(await reader.next()).toBeUndefined();
  });

  it('keeps nobody else from it, and is one of many at most', async () => {
    const clock = new ManualClock();
    const directory: Pick<SessionDirectory, 'handle' | 'send'> = {
      handle: () => undefined,
      send: () => Promise.resolve(said([], 0)),
    };
    const transcripts = new LiveTranscripts(directory as SessionDirectory, clock);
    const gone = new AbortController();
    const follow = async (who: string): Promise<TranscriptReading> => {
      const news = transcripts.follow('call', who, gone.signal);
      await news.next();
      return news;
    };
    const [first] = await Promise.all(Array.from({ length: 10 }, () => follow('acme olga')));
    expect(transcripts.refusalOf('acme olga')).toContain('with this credential');
    expect(transcripts.refusalOf('acme bert')).toBeUndefined();
    await first!.return(undefined);
    expect(transcripts.refusalOf('acme olga')).toBeUndefined();
    for (let who = 0; transcripts.refusalOf('acme bert') === undefined && who < 99; who++) await follow(`bank ${who}`);
    expect(transcripts.refusalOf('acme bert')).toBe('Too many calls are being followed');
    gone.abort(new Error('left'));
  });

  it('leaves nothing behind', async () => {
    const reader = new ReadAlong();
    await reader.next();
    const leaving = reader.next();
    reader.leave();
    await expect(leaving).rejects.toThrow('left');
    expect(reader.clock.pending).toBe(0);
  });
});
