import type { LifecycleStep, StepOptions } from './step.js';

export interface RegisteredStep {
  readonly options: StepOptions;
  readonly step: LifecycleStep;
}

/**
 * Critical and deferred steps, each sorted so that every step comes behind those it names in `after`; otherwise in the
 * order given. Names in `after` that there are not in this process are passed over: what it does depends on its role.
 * Throws on a name that is used twice, and on a circle.
 */
export function orderSteps(steps: readonly RegisteredStep[]): {
  critical: RegisteredStep[];
  deferred: RegisteredStep[];
} {
  const names = steps.map((entry) => entry.options.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Two start-up steps are called "${twice}"`);
  return {
    critical: sort(steps.filter((entry) => !entry.options.deferred)),
    deferred: sort(steps.filter((entry) => entry.options.deferred)),
  };
}

function sort(steps: readonly RegisteredStep[]): RegisteredStep[] {
  const byName = new Map(steps.map((entry) => [entry.options.name, entry]));
  const sorted = new Set<RegisteredStep>();
  const visit = (entry: RegisteredStep, path: readonly string[]): void => {
    const { name, after = [] } = entry.options;
    if (path.includes(name)) throw new Error(`Start-up steps wait for each other: ${[...path, name].join(' → ')}`);
    for (const other of after) {
      const dependency = byName.get(other);
      if (dependency) visit(dependency, [...path, name]);
    }
    sorted.add(entry);
  };
  for (const entry of steps) visit(entry, []);
  return [...sorted];
}
