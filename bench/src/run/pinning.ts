import { spawnSync } from 'node:child_process';

/** Which cores the server and the load get. Without `taskset`, or with one core, nobody is pinned. */
export interface Pinning {
  /** What stands in front of a command, empty when not pinned. */
  readonly server: readonly string[];
  readonly load: readonly string[];
  readonly serverCore: number | null;
  readonly loadCores: readonly number[];
  /** Why not, in words; null when pinned. */
  readonly missing: string | null;
}

/** Reads the cores that this process may use, gives the first to the server and the others to the load and to itself. */
export function pin(): Pinning {
  const cores = allowedCores();
  const unpinned = (missing: string): Pinning => ({
    server: [],
    load: [],
    serverCore: null,
    loadCores: [],
    missing,
  });
  if (cores === null) return unpinned('taskset is not there: the system decides which core the server runs on');
  const [serverCore, ...loadCores] = cores;
  if (serverCore === undefined || loadCores.length === 0)
    return unpinned('one core only: the load generator takes its time from the server');
  const list = loadCores.join(',');
  spawnSync('taskset', ['-a', '-c', '-p', list, String(process.pid)]);
  return {
    server: ['taskset', '-c', String(serverCore)],
    load: ['taskset', '-c', list],
    serverCore,
    loadCores,
    missing: null,
  };
}

function allowedCores(): number[] | null {
  const shown = spawnSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
  if (shown.status !== 0) return null;
  return parseCoreList(shown.stdout.slice(shown.stdout.lastIndexOf(':') + 1));
}

/** `0-2,5` → 0, 1, 2, 5. */
export function parseCoreList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return first === undefined || last === undefined || Number.isNaN(first + last)
        ? []
        : Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
