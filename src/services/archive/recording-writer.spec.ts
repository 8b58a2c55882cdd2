import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readWav } from '../../audio/wav.js';
import { ManualClock } from '../../kernel/clock.js';
import { DiskArchive } from './disk/disk-archive.js';
import { PieceDelivery } from './piece-delivery.js';
import { PieceJournal } from './piece-journal.js';
import { type RecordedPiece, bytesOfPiece } from './recorded-piece.js';
import { RecordingWriter } from './recording-writer.js';
import { SparseAudio } from './sparse-audio.js';
import { ScriptedArchive } from './testing/scripted-archive.js';

const RATE = 8000;

function piece(conversationId: string, startMs = 0, amplitude = 1000): RecordedPiece {
  const caller = new SparseAudio(RATE, RATE);
  caller.write(0, new Int16Array(RATE).fill(amplitude));
  const agent = new SparseAudio(RATE, RATE);
  return {
    tenant: 'acme',
    conversationId,
    startMs,
    durationMs: 1000,
    sampleRate: RATE,
    agentRate: RATE,
    caller,
    agent,
  };
}

const FILE_BYTES = bytesOfPiece(piece('any')) + 44;

describe('recorded audio', () => {
  let clock: ManualClock;
  let archive: ScriptedArchive;
  let directory: string;
  let removed: Set<string>;
  let lines: string[];

  beforeEach(() => {
    clock = new ManualClock();
    archive = new ScriptedArchive();
    directory = mkdtempSync(path.join(tmpdir(), 'parley-pieces-'));
    removed = new Set();
    lines = [];
  });

  /** As the recordings of the process have it. */
  async function open(limits: { journalBytes?: number; memoryBytes?: number } = {}, problem?: unknown) {
    const log = (level: string, message: string): void => void lines.push(`${level}: ${message}`);
    const delivery = new PieceDelivery({
      archive,
      journal: new PieceJournal(new DiskArchive(directory, clock), limits.journalBytes ?? 1e9),
      clock,
      isRemoved: (_, id) => Promise.resolve(removed.has(id)),
      log,
    });
    const writer = new RecordingWriter({ delivery, memoryBytes: limits.memoryBytes ?? 1e9, log });
    await delivery.start(problem);
    return {
      keep: (piece: RecordedPiece) => writer.keep(piece),
      close: () => writer.close(),
      forget: async (tenant: string, id: string) => {
        writer.forget(tenant, id);
        await delivery.forget(tenant, id);
      },
      get waiting() {
        return writer.waiting + delivery.waiting;
      },
      get lost() {
        return writer.lost;
      },
      get failing() {
        return delivery.failing;
      },
    };
  }

  const onDisk = (): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('.unfinished'))
      .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));

  /** Lets time pass until it is so. */
  async function until(isSo: () => boolean): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > giveUpAt) throw new Error(`It never was so; the log: ${lines.join(' | ')}`);
      await clock.advance(1000);
    }
  }

  it('goes to the archive as a file', async () => {
    const writer = await open();
    writer.keep(piece('c1', 61_000));
    await until(() => writer.waiting === 0);
    const [name, bytes] = [...archive.kept][0]!;
    expect(name).toBe('acme/c1/000061000.wav');
    expect(bytes.length).toBe(FILE_BYTES);
    expect(readWav(bytes).channels[0]![4000]).toBe(1000);
    await writer.close();
    expect([clock.pending, lines]).toEqual([0, []]);
  });

  it('waits on the disk while the archive fails, and is brought there when it works again', async () => {
    const writer = await open();
    archive.fault = 'fails';
    writer.keep(piece('c1'));
    writer.keep(piece('c2'));
    await until(() => onDisk().length === 2);
    expect(writer.failing).toBe(true);
    // Others are not even tried.
    writer.keep(piece('c3'));
    while (onDisk().length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(archive.tried.has('c3')).toBe(false);
    archive.fault = 'none';
    await until(() => writer.waiting === 0);
    expect([...archive.kept.keys()].sort()).toEqual(['c1', 'c2', 'c3'].map((id) => `acme/${id}/000000000.wav`));
    expect([onDisk(), writer.failing, writer.lost]).toEqual([[], false, 0]);
    expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual(['error', 'info']);
    await writer.close();
  });

  it('waits on the disk for the next process', async () => {
    const first = await open();
    archive.fault = 'fails';
    first.keep(piece('c1', 0, 2000));
    await until(() => onDisk().length === 1);
    await first.close();
    archive.fault = 'none';
    const second = await open();
    await until(() => second.waiting === 0);
    expect(readWav(archive.kept.get('acme/c1/000000000.wav')!).channels[0]![0]).toBe(2000);
    expect(onDisk()).toEqual([]);
    await second.close();
  });

  it('is on the disk when the process ends while the archive hangs', async () => {
    const writer = await open();
    archive.fault = 'hangs';
    for (let i = 0; i < 6; i++) writer.keep(piece(`c${i}`));
    await archive.untilAsked(4);
    const closed = writer.close();
    await clock.advance(3000);
    await closed;
    expect(onDisk()).toHaveLength(6);
    expect(clock.pending).toBe(0);
  });

  it('is lost, with a word in the log, where there is no room left for it', async () => {
    const writer = await open({ journalBytes: 2 * FILE_BYTES });
    archive.fault = 'fails';
    for (let i = 0; i < 3; i++) writer.keep(piece(`c${i}`));
    await until(() => writer.lost === 1 && onDisk().length === 2);
    expect(lines).toContain('error: A piece of a recording is lost: RECORDING_JOURNAL_BYTES are used up');
    await writer.close();
  });

  it('does not wait in memory without bounds', async () => {
    const writer = await open({ memoryBytes: 5 * FILE_BYTES });
    archive.fault = 'hangs';
    for (let i = 0; i < 10; i++) writer.keep(piece(`c${i}`));
    expect([writer.waiting, writer.lost]).toEqual([5, 5]);
    const closed = writer.close();
    await clock.advance(3000);
    await closed;
    expect(onDisk()).toHaveLength(5);
  });

  it('is found out to be possible again also where nothing could be kept', async () => {
    const writer = await open({ journalBytes: 0 });
    archive.fault = 'fails';
    writer.keep(piece('c1'));
    await until(() => writer.lost === 1);
    archive.fault = 'none';
    await until(() => !writer.failing);
    writer.keep(piece('c2'));
    await until(() => archive.kept.size === 1);
    await writer.close();
  });

  it('that the archive will never take holds up nothing else', async () => {
    const writer = await open();
    archive.fault = 'refuses';
    writer.keep(piece('c1'));
    await until(() => onDisk().length === 1 && writer.waiting === 0);
    archive.fault = 'none';
    writer.keep(piece('c2'));
    await until(() => archive.kept.size === 1);
    expect([onDisk().length, writer.failing]).toEqual([1, false]);
    // Where an operator finds it.
    expect(lines).toEqual([expect.stringContaining(`refuses ${onDisk()[0]}`)]);
    await writer.close();
  });

  it('that fails while all other is taken is tried again, and neither holds it up nor makes the archive look broken', async () => {
    const writer = await open();
    archive.fault = 'fails';
    for (const id of ['poison', 'c1', 'c2']) writer.keep(piece(id));
    await until(() => onDisk().length === 3);
    archive.fault = 'none';
    archive.failing = 'poison';
    await until(() => archive.kept.size === 2 && lines.length === 3);
    for (let minute = 1; minute < 10; minute++) {
      writer.keep(piece('later', minute * 60_000));
      await until(() => archive.kept.size === 2 + minute);
    }
    await until(() => writer.waiting === 1 && !writer.failing);
    expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual(['error', 'info', 'error']);
    archive.failing = '';
    await until(() => writer.waiting === 0);
    await writer.close();
  });

  it('is kept on the disk until an archive is there that was not at the start', async () => {
    const writer = await open({}, new Error('it is not there yet'));
    archive.fault = 'fails';
    writer.keep(piece('c1'));
    await until(() => onDisk().length === 1);
    archive.fault = 'none';
    await until(() => writer.waiting === 0 && !writer.failing);
    expect(archive.kept.size).toBe(1);
    await writer.close();
  });

  it('of a conversation that was removed does not come back', async () => {
    const writer = await open();
    archive.fault = 'fails';
    for (const id of ['c1', 'c2']) writer.keep(piece(id));
    await until(() => onDisk().length === 2);
    removed.add('c1');
    await writer.forget('acme', 'c1');
    expect(onDisk()).toHaveLength(1);
    archive.fault = 'none';
    await until(() => writer.waiting === 0);
    // One that was under way, here or on another replica.
    writer.keep(piece('c1', 60_000));
    await until(() => writer.waiting === 0);
    expect([...archive.kept.keys()]).toEqual(['acme/c2/000000000.wav']);
    await writer.close();
  });
});
