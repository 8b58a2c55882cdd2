import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import type { SpeechService } from './speech.service.js';
import { speechOf } from './testing/failover-bench.js';
import { FaultySttDriver } from './testing/faulty-stt.js';
import { FaultyTtsDriver } from './testing/faulty-tts.js';
import { Utterance, ramp } from './testing/utterance.js';

const never = new AbortController().signal;

interface Bench {
  readonly clock: ManualClock;
  readonly stt: FaultySttDriver[];
  readonly speech: SpeechService;
}

async function bench(env: NodeJS.ProcessEnv = {}, prepare?: (stt: FaultySttDriver[]) => void): Promise<Bench> {
  const clock = new ManualClock();
  const stt = [new FaultySttDriver('first', clock), new FaultySttDriver('second', clock, 16_000)];
  prepare?.(stt);
  return { clock, stt, speech: await speechOf(clock, stt, [new FaultyTtsDriver('t', clock)], env) };
}

const inUse = (speech: SpeechService): number[] => speech.pools().map(({ in_use }) => in_use);

describe('ears without a mouth', () => {
  it('take a recogniser and no voice, until they are given back', async () => {
    const { speech } = await bench();
    const ears = await speech.leaseEars('call', never, 'en-US');
    expect(ears.sttRate).toBe(8000);
    expect(inUse(speech)).toEqual([1, 0, 0]);
    ears.release();
    ears.release();
    expect(inUse(speech)).toEqual([0, 0, 0]);
    await speech.stop();
  });

  it('come in pairs when one is busy; each is given back alone, or all together', async () => {
    const { speech } = await bench();
    const ears = await speech.leaseEars('call', never, 'en-US');
    const second = await ears.another(never);
    const third = await ears.another(never);
    expect(second).not.toBe(third);
    expect(inUse(speech)).toEqual([3, 0, 0]);
    ears.giveBack(second);
    expect(inUse(speech)).toEqual([2, 0, 0]);
    ears.release();
    expect(inUse(speech)).toEqual([0, 0, 0]);
    await expect(ears.another(never)).rejects.toThrow('given back');
    expect(inUse(speech)).toEqual([0, 0, 0]);
    await speech.stop();
  });

  it('are refused a second one at once when there is none, and a first one after a while', async () => {
    const { speech, clock } = await bench({ STT_POOL_MAX: '1', STT_SERVICE_MODELS: 'embedded' });
    const ears = await speech.leaseEars('call', never, 'en-US');
    await expect(ears.another(never)).rejects.toMatchObject({ code: 'at_capacity' });
    // Somebody else still gets one: of the next recogniser.
    const others = speech.leaseEars('other', never, 'en-US');
    await clock.advance(2000);
    expect((await others).sttRate).toBe(16_000);
    const nobody = speech.leaseEars('third', never, 'en-US');
    nobody.catch(() => undefined);
    await clock.advance(10_000);
    await expect(nobody).rejects.toMatchObject({ code: 'timeout' });
    await speech.stop();
  });

  it('are of whoever can be reached, and say who has understood what', async () => {
    const { speech, clock, stt } = await bench({ STT_POOL_WARM: '0' }, ([first]) => first!.builds.push('fails'));
    const leasing = speech.leaseEars('call', never, 'en-US');
    await clock.advance(2000);
    const ears = await leasing;
    expect(ears.sttRate).toBe(16_000);
    expect(stt[0]!.streams).toBe(0);
    const provider = async (): Promise<[string | undefined, number | undefined]> => {
      const said = new Utterance();
      ears.stt.start(said);
      await clock.advance(0);
      ears.stt.write(ramp(300, 16_000, 1));
      ears.stt.finish();
      await clock.advance(0);
      return [said.final?.provider, said.final?.epoch];
    };
    expect(await provider()).toEqual(['first', 1]);
    stt[0]!.fates.push({ kind: 'dies', afterMs: 100 });
    expect(await provider()).toEqual(['second', 2]);
    expect(await provider()).toEqual(['first', 3]);
    expect(await provider()).toEqual(['first', 3]);
    ears.release();
    await speech.stop();
  });

  it('are not taken by whoever is gone', async () => {
    const { speech } = await bench();
    await expect(speech.leaseEars('call', AbortSignal.abort(new Error('gone')), 'en-US')).rejects.toThrow('gone');
    expect(inUse(speech)).toEqual([0, 0, 0]);
    await speech.stop();
  });
});
