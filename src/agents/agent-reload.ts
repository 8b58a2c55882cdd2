import { Injectable, Logger } from '@nestjs/common';
import { SttDrivers, TtsDrivers } from '../speech/speech-drivers.js';
import { AgentCatalog } from './agent-catalog.js';
import { speechAbilities } from './speech-abilities.js';

/** What there is after the files were read again, by name. */
export interface ReloadedAgents {
  readonly agents: readonly string[];
  readonly scenarios: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** A fingerprint of the files, to compare replicas by. */
  readonly version: string;
}

/** Reads the agents of this process again while it serves. Calls that go on keep theirs; those that begin get the new ones. */
@Injectable()
export class AgentReload {
  private readonly logger = new Logger('Agents');
  /** One after the other: what is read last is what counts. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly catalog: AgentCatalog,
    private readonly stt: SttDrivers,
    private readonly tts: TtsDrivers,
  ) {}

  /** Rejects with `config_invalid` and every fault of every file; then nothing has changed. */
  reload(): Promise<ReloadedAgents> {
    const reloaded = this.last.then(() => this.read());
    this.last = reloaded.catch(() => undefined);
    return reloaded;
  }

  private async read(): Promise<ReloadedAgents> {
    const before = new Set(this.catalog.agents().map(({ name }) => name));
    await this.catalog.reload(speechAbilities(this.stt, this.tts));
    const agents = this.catalog.agents().map(({ name }) => name);
    const now = new Set(agents);
    const added = agents.filter((name) => !before.has(name));
    const removed = [...before].filter((name) => !now.has(name));
    const { version } = this.catalog;
    this.logger.log(`Read again: ${agents.join(', ')}; version ${version}`);
    return { agents, scenarios: this.catalog.scenarios().map(({ name }) => name), added, removed, version };
  }
}
