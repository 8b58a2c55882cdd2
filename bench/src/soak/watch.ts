/** What the product's own objects do not tell once a call has left its registers: counted at the methods they share. */

interface Supervisor {
  spawn: (this: Supervisor, ...args: never[]) => Promise<void>;
  stop: (this: Supervisor, ...args: never[]) => Promise<string[]>;
}

interface Gate {
  readonly active: number;
  readonly waiting: number;
  acquire: (this: Gate, ...args: never[]) => Promise<() => void>;
}

export interface TaskCounts {
  /** Tasks of all supervisors that have not ended, whether their session is still registered or not. */
  running: number;
  /** Tasks that did not stop when their session did, since the start. */
  leaked: number;
}

export function watchTasks({ prototype }: { readonly prototype: Supervisor }): TaskCounts {
  const counts = { running: 0, leaked: 0 };
  const { spawn, stop } = prototype;
  prototype.spawn = function (...args) {
    const done = spawn.apply(this, args);
    counts.running++;
    void done.finally(() => counts.running--);
    return done;
  };
  prototype.stop = async function (...args) {
    const leaked = await stop.apply(this, args);
    counts.leaked += leaked.length;
    return leaked;
  };
  return counts;
}

export interface GateCounts {
  /** Permits taken at this moment, of all gates that have ever been asked. */
  readonly active: number;
  readonly waiting: number;
  /** How often a gate has been asked since the start. */
  readonly asked: number;
}

export function watchGates({ prototype }: { readonly prototype: Gate }): GateCounts {
  const gates = new Set<Gate>();
  let asked = 0;
  const { acquire } = prototype;
  prototype.acquire = function (...args) {
    gates.add(this);
    asked++;
    return acquire.apply(this, args);
  };
  const sum = (of: 'active' | 'waiting'): number => [...gates].reduce((total, gate) => total + gate[of], 0);
  return {
    get active() {
      return sum('active');
    },
    get waiting() {
      return sum('waiting');
    },
    get asked() {
      return asked;
    },
  };
}
