/**
 * The product as it is, with somebody inside who counts: what `dist/main.js` does, and answers to the soak over IPC. The
 * product itself has no endpoint for this.
 */
import type { Server } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import v8 from 'node:v8';
import type { Census } from './census.ts';
import { watchGates, watchTasks } from './watch.ts';

type Class<T> = new (...args: never[]) => T;

interface App {
  get<T>(token: Class<T>, options: { strict: false }): T;
  getHttpServer(): Server;
}

interface Slots {
  readonly active: number;
  readonly waiting: number;
  readonly refusals: ReadonlyMap<string, number>;
}
interface Registry {
  readonly active: number;
  readonly counts: { readonly connected: number };
}
interface Speech {
  pools(): { name: string; in_use: number; waiting: number }[];
}
interface Queues {
  loadOf(source: string): { sessions: number; depth: number; dropped: Record<string, number> };
}
interface Bus {
  readonly listenerCount: number;
}
interface Jobs {
  counts(): Promise<{ waiting: number; later: number; running: number }>;
}
interface Lifecycle {
  announce(url: string): void;
}

const SOURCES = ['mic', 'system'];

async function fromDist<T>(file: string, name: string): Promise<T> {
  const module = (await import(new URL(`../../../dist/${file}`, import.meta.url).href)) as Record<string, T>;
  return module[name]!;
}

const createApp = await fromDist<(env: NodeJS.ProcessEnv) => Promise<App>>('configure-app.js', 'createApp');
const listen = await fromDist<(app: App) => Promise<string>>('configure-app.js', 'listen');
const shutDownOnSignals = await fromDist<(app: App) => void>('shut-down.js', 'shutDownOnSignals');
const LifecycleService = await fromDist<Class<Lifecycle>>('lifecycle/lifecycle.service.js', 'LifecycleService');
const SessionSlots = await fromDist<Class<Slots>>('state/session-slots.js', 'SessionSlots');
const SessionRegistry = await fromDist<Class<Registry>>('state/session-registry.js', 'SessionRegistry');
const AudioQueues = await fromDist<Class<Queues>>('state/overload/audio-queues.js', 'AudioQueues');
const SpeechService = await fromDist<Class<Speech>>('speech/speech.service.js', 'SpeechService');
const EventBus = await fromDist<Class<Bus>>('events/event-bus.js', 'EventBus');
const JobQueue = await fromDist<Class<Jobs>>('pusher/jobs/job-queue.js', 'JobQueue');
const tasks = watchTasks(await fromDist('kernel/task-supervisor.js', 'TaskSupervisor'));
const inference = watchGates(await fromDist('speech/inference-gate.js', 'InferenceGate'));
/** Objects that live as long as a call, or less: after the calls there is none. */
const OF_A_CALL = {
  conversations: await fromDist<Class<object>>('conversation/conversation.js', 'Conversation'),
  generations: await fromDist<Class<object>>('conversation/generation.js', 'Generation'),
  'task supervisors': await fromDist<Class<object>>('kernel/task-supervisor.js', 'TaskSupervisor'),
  'silero streams': await fromDist<Class<object>>('speech/drivers/silero/silero-stream.js', 'SileroStream'),
};

const app = await createApp(process.env);
shutDownOnSignals(app);
app.get(LifecycleService, { strict: false }).announce(await listen(app));

process.on('message', (asked) => void census(asked === 'census').then((counts) => process.send!(counts)));
process.on('disconnect', () => process.exit(1));

/** @param whole with the objects on the heap and its size, for which the process stands still for seconds. */
async function census(whole: boolean): Promise<Census> {
  // The second collection takes what only the finalizers of the first have let go.
  for (let left = whole ? 2 : 0; left > 0; left--) {
    globalThis.gc!();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const slots = app.get(SessionSlots, { strict: false });
  const sessions = app.get(SessionRegistry, { strict: false });
  const queues = app.get(AudioQueues, { strict: false });
  return {
    held: {
      slots: slots.active,
      'waiting for a slot': slots.waiting,
      sessions: sessions.active,
      'jobs after calls': await jobsLeft(),
      'tasks that did not stop in time': tasks.leaked,
      'inference workers in use': inference.active,
      'waiting for inference': inference.waiting,
      ...Object.fromEntries(
        app
          .get(SpeechService, { strict: false })
          .pools()
          .flatMap(({ name, in_use: inUse, waiting }) => [
            [`${name} in use`, inUse],
            [`waiting for ${name}`, waiting],
          ]),
      ),
      ...Object.fromEntries(
        SOURCES.flatMap((source) => {
          const load = queues.loadOf(source);
          return [
            [`${source} queues`, load.sessions],
            [`frames in ${source} queues`, load.depth],
          ];
        }),
      ),
    },
    standing: {
      ...resources(),
      // The link to the pusher has some, and stays.
      'running tasks': tasks.running,
      'process listeners': listenersOf(process),
      'http listeners': listenersOf(app.getHttpServer()),
      'bus listeners': app.get(EventBus, { strict: false }).listenerCount,
      ...Object.fromEntries(
        Object.entries(whole ? OF_A_CALL : {}).map(([name, of]) => [
          `live ${name}`,
          v8.queryObjects(of, { format: 'count' }),
        ]),
      ),
    },
    memory: { live: heapUsed + external, resident: rss },
    totals: {
      calls: sessions.counts.connected,
      refused: [...slots.refusals.values()].reduce((sum, count) => sum + count, 0),
      dropped: SOURCES.flatMap((source) => Object.values(queues.loadOf(source).dropped)).reduce((a, b) => a + b, 0),
      inferences: inference.asked,
    },
  };
}

async function jobsLeft(): Promise<number> {
  const { waiting, later, running } = await app.get(JobQueue, { strict: false }).counts();
  return waiting + later + running;
}

/** Timers, sockets, ports and whatever else keeps a process alive, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = { Timeout: 0, TCPSocketWrap: 0 };
  for (const kind of process.getActiveResourcesInfo()) {
    // One is this very turn of the loop.
    if (kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}
