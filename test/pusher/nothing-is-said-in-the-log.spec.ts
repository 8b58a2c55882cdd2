import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { encodeToPusher } from '../../src/pusher/link/frames.js';
import { Chance } from '../../src/kernel/chance.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { LinkEar, SECRET, pusherConfig, segment } from './link-bench.js';
import { ServerBench } from './server-bench.js';

const SAID = 'my mother was born in Kiel';

describe('the log of a link and of the pusher', () => {
  let bench: ServerBench;
  let lines: string[];
  beforeEach(async () => {
    bench = await ServerBench.start();
    lines = [];
    const note = (...parts: unknown[]): void => void lines.push(parts.map(String).join(' '));
    Logger.overrideLogger({ log: note, error: note, warn: note, debug: note, verbose: note, fatal: note });
  });
  afterEach(async () => {
    Logger.overrideLogger(false);
    await bench.stop();
  });

  it('holds neither the secret nor what was said, whatever goes wrong', async () => {
    const wrong = `${SECRET}-but-wrong`;
    const links = new WsPusherLinks({
      config: pusherConfig({ maxReconnectAttempts: 1 }),
      clock: bench.clock,
      chance: new Chance(1),
      secret: wrong,
      urlFor: () => new URL(bench.url()),
    });
    const ear = new LinkEar(bench.happenings);
    const link = links.open({ sessionId: 's1', tenant: 'acme', sampleRate: 8000, channels: 1, listener: ear });
    link.sendSegments('c1', [{ ...segment('s1', SAID), start: Number.NaN }]);
    link.sendSegments('c1', [segment('s2', SAID)]);
    link.setConversation(SAID);
    link.requestSample({ tenant: 'acme', conversationId: SAID, segmentIds: [SAID], personId: SAID, personName: SAID });
    // It may take a while until the refusal has come; then the next attempt is due.
    const attempts = (): number => lines.filter((line) => line.includes('Unexpected server response: 401')).length;
    const { length } = bench.clock.delays;
    await bench.until(() => bench.clock.delays.length > length && link.state === 'reconnect_backoff' && attempts() > 0);
    await bench.clock.advance(1250);
    await bench.until(() => link.state === 'degraded');
    await link.close(0);

    for (const frame of [
      Buffer.concat([Buffer.from([102, 0, 0, 0]), Buffer.from(SAID)]),
      Buffer.concat([Buffer.from([104, 0, 0, 0]), Buffer.from(JSON.stringify({ job_id: SAID, [SAID]: SAID }))]),
      encodeToPusher({ type: 'conversation', conversationId: SAID }),
      SAID,
    ]) {
      const raw = await bench.dial();
      raw.send(frame);
      await bench.until(() => raw.closed !== undefined);
      expect(raw.closed?.reason).toBe('malformed frame');
    }
    expect(lines.length).toBeGreaterThanOrEqual(8);
    const all = lines.join('\n');
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain('Kiel');
  });
});
