/** A process full of callers. The bench starts it, pins it away from the server and talks to it over IPC. */
import { setTimeout as delay } from 'node:timers/promises';
import { Call, type UpgradeAnswer } from './call.ts';
import { Measurements } from './measurements.ts';
import { Pacer } from './pacer.ts';
import type { LoadCommand, LoadJob, LoadReply, LoadReport, Upgrades } from './protocol.ts';
import { seededRandom } from './random.ts';

const HANG_UP_LIMIT_MS = 3000;

const seen = new Measurements();
let calls: Call[] = [];
let pacer: Pacer<Call> | null = null;
let recordingSince = 0;
let cpuAtStart = process.cpuUsage();

const reply = (message: LoadReply): void => void process.send!(message);

process.on('message', (command: LoadCommand) => void handle(command));
// The bench is gone: nobody is left to tell this process when to stop.
process.on('disconnect', () => process.exit(1));

async function handle(command: LoadCommand): Promise<void> {
  switch (command.type) {
    case 'call':
      return reply({ type: 'connected', upgrades: await placeCalls(command.job) });
    case 'record':
      recordingSince = performance.now();
      cpuAtStart = process.cpuUsage();
      seen.start();
      return reply({ type: 'recording' });
    case 'report':
      return reply({ type: 'report', report: report() });
    case 'stop-reading':
      return calls.forEach((call) => call.stopReading());
    case 'read-again':
      return calls.forEach((call) => call.readAgain());
    case 'hang-up':
      await Promise.all(calls.map((call) => call.hangUp(HANG_UP_LIMIT_MS)));
      pacer?.stop();
      return reply({ type: 'hung-up' });
  }
}

async function placeCalls(job: LoadJob): Promise<Upgrades> {
  const random = seededRandom(job.seed);
  calls = Array.from({ length: job.calls }, (_, i) => new Call(job.firstCall + i, job.script, seen, random));
  pacer = new Pacer(calls, random);
  pacer.start();
  const answers = await Promise.all(
    calls.map(async (call, i) => {
      await delay((i * job.rampMs) / job.calls);
      const firstTurn = Math.floor(random() * 1000);
      return await call
        .connect(job.port, job.path, random() * job.spreadMs, firstTurn)
        .catch((): UpgradeAnswer => ({ status: 0, retryAfter: null, afterMs: 0, said: 'no answer' }));
    }),
  );
  const accepted = answers.filter(({ status }) => status === 101);
  const refused = answers.filter(({ status }) => status !== 101);
  return {
    accepted: accepted.length,
    refused: countBy(refused.map(({ status }) => String(status || 'no answer'))),
    retryAfter: countBy(refused.flatMap(({ retryAfter }) => retryAfter ?? [])),
    said: countBy(refused.map(({ said }) => said)),
    refusedAfterMs: Float64Array.from(refused, ({ afterMs }) => afterMs),
    acceptedAfterMs: Float64Array.from(accepted, ({ afterMs }) => afterMs),
  };
}

function report(): LoadReport {
  seen.stop();
  const cpu = process.cpuUsage(cpuAtStart);
  const gone = calls.filter(({ closeCode }) => closeCode !== null);
  return {
    windowMs: performance.now() - recordingSince,
    cpuMs: (cpu.user + cpu.system) / 1000,
    counts: seen.counts,
    voiceToVoice: seen.voiceToVoice.toArray(),
    bargeIn: seen.bargeIn.toArray(),
    gap: seen.gap.toArray(),
    roundTrip: seen.roundTrip.toArray(),
    lateness: seen.lateness.toArray(),
    closed: countBy(gone.map(({ closeCode }) => String(closeCode))),
    closedAfterMs: Float64Array.from(gone, ({ closedAfterMs }) => closedAfterMs),
    open: calls.filter(({ isOpen }) => isOpen).length,
  };
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
