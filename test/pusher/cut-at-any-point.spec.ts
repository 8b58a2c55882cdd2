import { describe, expect, it } from '@jest/globals';
import { Chance } from '../../src/kernel/chance.js';
import { JobKind } from '../../src/pusher/jobs/job-kinds.js';
import type { ProcessRequest } from '../../src/pusher/link/pusher-link.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { setImmediate as turn } from 'node:timers/promises';
import { comesTrue } from './happenings.js';
import { LinkEar, PATIENT_MS, SECRET, START, processRequest, pusherConfig, segment, speak } from './link-bench.js';
import { ServerBench } from './server-bench.js';

const ROUNDS = 6;
const STEPS = 60;

/** Lets the event loop turn a few times, so that what is under way gets somewhere, or half the way. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}

/** Two links over a network that is cut at random, to a pusher whose queue and archive work when they like. */
async function play(seed: number) {
  const chance = new Chance(seed);
  const server = await ServerBench.start();
  const proxy = await TcpProxy.start(server.port);
  const links = new WsPusherLinks({
    config: pusherConfig({ maxReconnectAttempts: 100, connectTimeoutMs: PATIENT_MS }),
    clock: server.clock,
    chance: new Chance(seed + 1),
    secret: SECRET,
    urlFor: ({ sessionId }) => {
      const url = new URL(server.url({ session: sessionId }));
      url.port = String(proxy.port);
      return url;
    },
  });
  const sessions = ['s1', 's2'].map((id) => {
    const ear = new LinkEar(server.happenings);
    const link = links.open({ sessionId: id, tenant: 'acme', sampleRate: 8000, channels: 1, listener: ear });
    return {
      id,
      ear,
      link,
      at: 0,
      conversation: 0,
      asked: [] as string[],
      spoken: new Map<string, [number, number][]>(),
    };
  });

  const work = (): void => {
    for (const [id, job] of server.queue.jobs) {
      if (job.kind !== JobKind.Process || server.outcomes.known.has(id) || chance.happens(0.5)) continue;
      const { conversationId } = job.payload as ProcessRequest;
      const result = { jobId: id, conversationId, outcome: 'processed' as const };
      server.outcomes.known.set(id, result);
      // Half of them are carried out elsewhere.
      if (chance.happens(0.5)) server.results.settle(result);
    }
  };

  for (let step = 0; step < STEPS; step++) {
    for (const session of sessions) {
      const conversationId = `${session.id}-c${session.conversation}`;
      if (session.at === 0 || chance.happens(0.15)) {
        if (session.at > 0) {
          session.asked.push(conversationId);
          session.link.requestProcessing({ ...processRequest(`job-${conversationId}`), conversationId });
        }
        session.conversation++;
        session.link.setConversation(`${session.id}-c${session.conversation}`);
      }
      const current = `${session.id}-c${session.conversation}`;
      const durationMs = 20 * Math.ceil(chance.next() * 100);
      speak(session.link, session.at, session.at + durationMs);
      session.spoken.set(current, [...(session.spoken.get(current) ?? []), [session.at, session.at + durationMs]]);
      session.at += durationMs;
      session.link.sendSegments(current, [segment(`t${step}`)]);
    }
    await turns(Math.floor(chance.next() * 8));
    if (chance.happens(0.2)) proxy.cut();
    if (chance.happens(0.3)) server.audio.keepAll();
    server.queue.away = chance.happens(0.3);
    work();
    await server.clock.advance(chance.next() * 1500);
  }

  // The weather clears, and everybody has noticed what was cut last.
  server.queue.away = false;
  await turns(100);
  const allAnswered = (): boolean =>
    sessions.every(({ ear, asked, link }) => link.state === 'connected' && ear.results.length >= asked.length);
  for (let second = 0; second < 400 && !allAnswered(); second++) {
    work();
    await server.clock.advance(1000);
    await turns(20);
  }
  // Time stands still: what is under way here takes none, but for the network, whose time is another one.
  await Promise.all(sessions.map(({ link }) => link.close(60_000)));
  await links.idle();
  await comesTrue(() => server.sessions.count === 0);
  const leftTimers = server.clock.pending;
  await proxy.stop();
  await server.stop();
  return { server, sessions, connections: proxy.connections, snapshot: links.snapshot(), leftTimers };
}

/** Milliseconds of `spoken` of which the archive has not got every sample. */
function missing(spoken: readonly [number, number][], heard: readonly { from: number; samples: Int16Array }[]): number {
  const got = new Set<number>();
  for (const { from, samples } of heard) {
    for (let index = 0; index + 8 <= samples.length; index += 8) {
      const ms = Math.round(from + index / 8);
      // Each frame of 20 ms has its own value: it shows when audio comes under a wrong time.
      if (samples[index] === (Math.floor(ms / 20) * 20) % 30_000) got.add(ms);
    }
  }
  let count = 0;
  for (const [from, to] of spoken) for (let ms = from; ms < to; ms++) if (!got.has(ms)) count++;
  return count;
}

describe('a network that is cut at any point', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    'costs neither a request, nor a result, nor a sample (%i)',
    async (seed) => {
      const { server, sessions, connections, snapshot, leftTimers } = await play(seed);
      expect(connections).toBeGreaterThan(6);
      for (const { id, ear, asked, spoken } of sessions) {
        const results = ear.results.map(({ jobId }) => jobId);
        expect(results.toSorted()).toEqual(asked.map((conversationId) => `job-${conversationId}`).toSorted());
        expect(ear.lost).toEqual([]);
        for (const [conversationId, ranges] of spoken) {
          const heard = server.audio.written
            .filter((written) => written.sessionId === id && written.conversationId === conversationId)
            .map(({ startMs, pcm }) => ({ from: startMs - START, samples: pcm }));
          expect({ conversationId, missing: missing(ranges, heard) }).toEqual({ conversationId, missing: 0 });
          expect(server.audio.keptUntil.get(conversationId)).toBeCloseTo(START + ranges.at(-1)![1], 2);
        }
      }
      expect(server.queue.jobs.size).toBe(sessions.flatMap(({ asked }) => asked).length);
      expect(snapshot).toMatchObject({ pending_requests: 0, audio_bytes: 0, waiting_segments: 0, dropped_requests: 0 });
      expect(server.audio.openUploads).toBe(0);
      expect(server.results.size).toBe(0);
      expect(leftTimers).toBe(0);
    },
  );
});
