import type { Report } from './agent-checks.js';
import type { ScenarioFile } from './agent-schema.js';

/** Whether a scenario's agents exist, and each of them can be reached. */
export function checkScenario(file: ScenarioFile, agents: ReadonlySet<string>, report: Report): void {
  const members = new Set(file.agents);
  for (const [index, name] of file.agents.entries()) {
    if (!agents.has(name))
      report(['agents', index], `there is no agent "${name}"; there are ${[...agents].join(', ') || 'none'}`);
  }
  if (!members.has(file.start)) report(['start'], `"${file.start}" is not one of the scenario's agents`);
  const edges = new Set<string>();
  for (const [index, { from, to }] of (file.handoffs ?? []).entries()) {
    if (!members.has(from)) report(['handoffs', index, 'from'], `"${from}" is not one of the scenario's agents`);
    if (!members.has(to)) report(['handoffs', index, 'to'], `"${to}" is not one of the scenario's agents`);
    if (from === to) report(['handoffs', index, 'to'], 'an agent does not hand over to itself');
    if (edges.has(`${from} ${to}`)) report(['handoffs', index], `there is a handoff from ${from} to ${to} already`);
    edges.add(`${from} ${to}`);
  }
  const reached = reachable(file);
  for (const [index, name] of file.agents.entries()) {
    if (!reached.has(name)) report(['agents', index], `no handoff leads from "${file.start}" to "${name}"`);
  }
}

function reachable(file: ScenarioFile): Set<string> {
  const reached = new Set([file.start]);
  for (const name of reached) {
    for (const { from, to } of file.handoffs ?? []) if (from === name) reached.add(to);
  }
  return reached;
}
