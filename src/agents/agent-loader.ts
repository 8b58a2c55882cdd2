import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { ParleyError } from '../kernel/errors.js';
import { compileDialogue } from '../llm/drivers/embedded/compiled-dialogue.js';
import type { Agent, Scenario } from './agent.js';
import { AgentFiles, UnreadableFile } from './agent-files.js';
import { checkAgent, handoffTargets, type KnownNames } from './agent-checks.js';
import { agentFile, type AgentFile, scenarioFile, type ScenarioFile } from './agent-schema.js';
import { buildAgent, buildScenario } from './build-agent.js';
import { deepMerge } from './deep-merge.js';
import { checkScenario } from './scenario-checks.js';
import { checkPrompt, checkTemplates } from './template-checks.js';
import { type Fault, fieldName, type FieldPath, YamlFile } from './yaml-file.js';

export interface LoadOptions {
  readonly directory: string;
  /** Must exist. */
  readonly defaultScenario?: string;
  /** Tool names with the names of their parameters. */
  readonly tools: ReadonlyMap<string, readonly string[] | undefined>;
  /** Without it, voice names are not checked. */
  readonly voices?: readonly string[];
  /** Primary subtags that the speech drivers know. Without it, languages are not checked. */
  readonly languages?: readonly string[];
}

export interface LoadedAgents {
  readonly agents: readonly Agent[];
  readonly scenarios: readonly Scenario[];
  /** A fingerprint of the files: 12 digits, the same for the same files. */
  readonly version: string;
}

/** Everything that is wrong with the files under `agents/`, one line each: `file:line:column field: message`. */
export class AgentsInvalidError extends ParleyError {
  override readonly name = 'AgentsInvalidError';

  constructor(readonly faults: readonly Fault[]) {
    super(
      'config_invalid',
      `The agents are not valid:\n${faults.map((fault) => `  ${describeFault(fault)}`).join('\n')}`,
    );
  }
}

export function describeFault({ file, line, column, field, message }: Fault): string {
  return `${file}:${line}:${column} ${field === '' ? '' : `${field}: `}${message}`;
}

interface AgentSource {
  readonly name: string;
  readonly yaml: YamlFile;
  readonly promptFile: string;
  readonly prompt: string | undefined;
  readonly file: AgentFile | undefined;
}

/** Reads and checks all agents and scenarios. Throws AgentsInvalidError with every fault there is. */
export function loadAgents(options: LoadOptions): LoadedAgents {
  const steps = new Loader(options).steps();
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

/** The same in small steps, between which calls get their turn: all of it takes longer than their audio can wait. */
export async function loadAgentsBetweenCalls(options: LoadOptions): Promise<LoadedAgents> {
  const steps = new Loader(options).steps();
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
    await setImmediate();
  }
}

const START = { line: 1, column: 1, field: '' };
const DEFAULTS = '_defaults.yaml';
const MISSING = 'is missing';
const MISSING_EVERYWHERE = `is missing, and there is no ${DEFAULTS} it could come from`;

class Loader {
  private readonly faults = new Map<string, Fault>();
  private readonly files: AgentFiles;

  constructor(private readonly options: LoadOptions) {
    this.files = new AgentFiles(path.resolve(options.directory));
  }

  *steps(): Generator<undefined, LoadedAgents> {
    if (!this.files.isThere)
      throw new ParleyError('config_invalid', `${this.options.directory}: there is no such folder`);
    try {
      return yield* this.load();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new AgentsInvalidError([...this.faults.values(), this.wholeFile(error.relative, error.message)]);
    }
  }

  private *load(): Generator<undefined, LoadedAgents> {
    const defaults = this.readYaml(DEFAULTS) ?? new YamlFile(this.shown(DEFAULTS), '');
    const sources: AgentSource[] = [];
    for (const name of this.folders()) {
      sources.push(this.readAgent(name, defaults));
      yield;
    }
    const scenarios = this.scenarioFiles().map((file) => this.readScenario(file));
    if (sources.length === 0) this.add(this.wholeFile('', 'there is no agent: a folder with an agent.yaml'));

    const known: KnownNames = { ...this.options, agents: new Set(sources.map(({ name }) => name)) };
    for (const source of sources) {
      this.checkAgent(source, defaults, known, scenarios);
      yield;
    }
    for (const scenario of scenarios) this.checkScenario(scenario, sources, defaults, known);
    this.checkDefaultScenario(scenarios);
    if (this.faults.size > 0) throw new AgentsInvalidError([...this.faults.values()].sort(byPlace));

    const agents = sources.map(({ name, file, prompt }) => buildAgent(name, file!, prompt!));
    // Trained here and not while the first caller waits.
    for (const agent of agents) {
      yield;
      compileDialogue(agent.dialogue);
    }
    const { version } = this.files;
    return { agents, scenarios: scenarios.map(({ name, file }) => buildScenario(name, file!)), version };
  }

  private folders(): string[] {
    return this.files.namesIn('').filter((name) => name !== 'scenarios' && this.isFolder(name));
  }

  private scenarioFiles(): string[] {
    return this.files.has('scenarios') ? this.files.namesIn('scenarios').filter((name) => name.endsWith('.yaml')) : [];
  }

  private isFolder(name: string): boolean {
    const found = this.files.isFolder(name);
    if (found === undefined) this.add(this.wholeFile(name, 'is a link that leads nowhere'));
    return found ?? false;
  }

  private readAgent(name: string, defaults: YamlFile): AgentSource {
    const promptFile = this.shown(path.join(name, 'prompt.md'));
    const prompt = this.files.text(path.join(name, 'prompt.md'));
    const read = this.readYaml(path.join(name, 'agent.yaml'));
    const yaml = read ?? new YamlFile(this.shown(path.join(name, 'agent.yaml')), '');
    if (!read) this.add({ ...this.at(yaml, []), message: MISSING });
    if (prompt === undefined)
      this.add({ ...START, file: promptFile, message: 'is missing: the system prompt for models' });
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      this.add({ ...this.at(yaml, []), message: `the folder name "${name}" must be in snake_case` });
    }
    // What a broken file would have said is not worth a fault per key.
    const readable = read && yaml.faults.length === 0 && defaults.faults.length === 0;
    const file = readable ? this.validate(agentFile, deepMerge(defaults.data, yaml.data), yaml, defaults) : undefined;
    return { name, yaml, promptFile, prompt, file };
  }

  private readScenario(fileName: string): { name: string; yaml: YamlFile; file: ScenarioFile | undefined } {
    const yaml = this.readYaml(path.join('scenarios', fileName))!;
    const file = yaml.faults.length > 0 ? undefined : this.validate(scenarioFile, yaml.data, yaml);
    return { name: fileName.replace(/\.yaml$/, ''), yaml, file };
  }

  private validate<T>(schema: z.ZodType<T>, data: unknown, yaml: YamlFile, defaults?: YamlFile): T | undefined {
    const parsed = schema.safeParse(data, { error: plainly });
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const place = issue.path.filter((part) => typeof part !== 'symbol');
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          const field = [...place, key];
          const file = defaults && !yaml.has(field) ? defaults : yaml;
          this.add({ file: file.name, ...file.positionOfKey(field), field: fieldName(field), message: issue.message });
        }
      } else {
        const message =
          issue.message === MISSING && defaults && !this.hasDefaults() ? MISSING_EVERYWHERE : issue.message;
        this.add({ ...this.at(yaml, place, defaults), message });
      }
    }
    return undefined;
  }

  private checkAgent(
    { yaml, file, prompt, promptFile }: AgentSource,
    defaults: YamlFile,
    known: KnownNames,
    scenarios: readonly { file: ScenarioFile | undefined }[],
  ): void {
    if (!file) return;
    const variables = [...new Set(scenarios.flatMap((scenario) => Object.keys(scenario.file?.variables ?? {})))];
    checkAgent(file, known, (field, message) => this.add({ ...this.at(yaml, field, defaults), message }));
    checkTemplates(file, variables, ({ path: field }, message, line) =>
      this.add({ ...this.at(yaml, field, defaults, line), message }),
    );
    checkPrompt(prompt ?? '', file, variables, (_, message, line) =>
      this.add({ file: promptFile, line, column: 1, field: '', message }),
    );
  }

  private checkScenario(
    { name, yaml, file }: { name: string; yaml: YamlFile; file: ScenarioFile | undefined },
    sources: readonly AgentSource[],
    defaults: YamlFile,
    known: KnownNames,
  ): void {
    if (!file) return;
    checkScenario(file, known.agents, (field, message) => this.add({ ...this.at(yaml, field), message }));
    for (const source of sources) {
      if (!source.file || !file.agents.includes(source.name)) continue;
      for (const { path: field, target } of handoffTargets(source.file)) {
        const allowed = (file.handoffs ?? []).some(({ from, to }) => from === source.name && to === target);
        const message = `the scenario "${name}" has no handoff from ${source.name} to ${target}`;
        if (known.agents.has(target) && !allowed) this.add({ ...this.at(source.yaml, field, defaults), message });
      }
    }
  }

  private checkDefaultScenario(scenarios: readonly { name: string }[]): void {
    const wanted = this.options.defaultScenario;
    if (wanted === undefined || scenarios.some(({ name }) => name === wanted)) return;
    const names = scenarios.map(({ name }) => name).join(', ') || 'none';
    this.add(
      this.wholeFile(
        path.join('scenarios', `${wanted}.yaml`),
        `is missing: it is the default scenario (there are ${names})`,
      ),
    );
  }

  private hasDefaults(): boolean {
    return this.files.has(DEFAULTS);
  }

  private readYaml(relative: string): YamlFile | undefined {
    const text = this.files.text(relative);
    if (text === undefined) return undefined;
    const yaml = new YamlFile(this.shown(relative), text);
    for (const fault of yaml.faults) this.add(fault);
    return yaml;
  }

  /** Where a field stands: in the agent's own file, or in the defaults if only they have it. */
  private at(yaml: YamlFile, field: FieldPath, defaults?: YamlFile, line = 1): Omit<Fault, 'message'> {
    const file = defaults && !yaml.has(field) && defaults.has(field) ? defaults : yaml;
    return { file: file.name, ...file.positionOf(field, line), field: fieldName(field) };
  }

  private wholeFile(relative: string, message: string): Fault {
    return { file: this.shown(relative), line: 1, column: 1, field: '', message };
  }

  private shown(relative: string): string {
    return path.join(path.basename(this.files.root), relative);
  }

  /** A fault of the defaults would come up again with every agent. */
  private add(fault: Fault): void {
    this.faults.set(describeFault(fault), fault);
  }
}

function byPlace(a: Fault, b: Fault): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/** Zod's own wording is for programmers. */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
    return `unknown key; there are ${Object.keys(issue.inst.shape).join(', ')}`;
  const isMissing = (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined;
  return isMissing ? MISSING : undefined;
}
