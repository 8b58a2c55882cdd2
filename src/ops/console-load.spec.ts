import { describe, expect, it } from '@jest/globals';

/** The page's scripts are plain JavaScript: what is tested of them here, without a browser. */
interface LoadModule {
  levelOf: (overload: unknown) => { words: string; time: string; alert: boolean; follows: string; recovery: string };
  loadRows: (overload: unknown) => { name: string; value: string; percent: string; alert: boolean }[];
}

const load = (await import(new URL('./console/load.js', import.meta.url).href)) as LoadModule;

const calm = {
  level: 'NORMAL',
  in_level_ms: 65_000,
  calm_needed_ms: 0,
  thresholds: { WARNING: 0.7 },
  effects: { new_sessions: true, conversation_mic: true, transcription_mic: true, system: true },
  inputs: {
    queues: { share: 0, worst: 'mic' },
    event_loop: { share: 0.031, value_ms: 3.1, full_at_ms: 100 },
    inference: { share: 0, recognisers: [{ real_time_factor: 0.05, waiting: 0, idle: true }] },
  },
};

describe('the load of the server', () => {
  it('is a level, with the time in it', () => {
    expect(load.levelOf(calm)).toEqual({ words: 'normal', time: '1:05', alert: false, follows: '', recovery: '' });
  });

  it('says what follows, and how long until it gets better', () => {
    const effects = { new_sessions: true, conversation_mic: true, transcription_mic: true, system: false };
    expect(load.levelOf({ ...calm, level: 'CRITICAL', effects }).follows).toBe(
      'of calls that are listened to, the other party is not written down',
    );
  });

  it('says that nothing more is let in', () => {
    const effects = { new_sessions: false, conversation_mic: true, transcription_mic: false, system: false };
    expect(load.levelOf({ ...calm, level: 'OVERLOADED', calm_needed_ms: 29_100, effects })).toMatchObject({
      words: 'overloaded',
      alert: true,
      follows: 'no new calls, calls that are listened to are not written down',
      recovery: 'lower after 30 s of calm',
    });
  });

  it('has a row for each input', () => {
    expect(load.loadRows(calm)).toEqual([
      { name: 'Audio queues', value: 'empty', percent: '0 %', alert: false },
      { name: 'Event loop', value: '3 ms late of 100 ms', percent: '3 %', alert: false },
      { name: 'Recognition', value: 'idle', percent: '0 %', alert: false },
    ]);
  });

  it('marks the inputs that raise the level', () => {
    const inputs = {
      queues: { share: 0.71, worst: 'system' },
      event_loop: { share: 1.4, value_ms: 140, full_at_ms: 100 },
      inference: { share: 0.7, recognisers: [{ real_time_factor: 0.35, waiting: 1, idle: false }] },
    };
    expect(load.loadRows({ ...calm, inputs })).toEqual([
      { name: 'Audio queues', value: 'most in system', percent: '71 %', alert: true },
      { name: 'Event loop', value: '140 ms late of 100 ms', percent: '140 %', alert: true },
      { name: 'Recognition', value: '0.35 × real time, 1 waiting', percent: '70 %', alert: false },
    ]);
    expect(
      load.loadRows({ ...calm, inputs: { ...inputs, inference: { share: 0, recognisers: [] } } })[2],
    ).toMatchObject({
      value: 'not on this machine',
    });
  });
});
