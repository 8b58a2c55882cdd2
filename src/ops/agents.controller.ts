import {
  Controller,
  Get,
  HttpCode,
  Logger,
  NotFoundException,
  Param,
  Post,
  UnprocessableEntityException,
  UseGuards,
} from '@nestjs/common';
import type { Agent, Scenario } from '../agents/agent.js';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { AgentsInvalidError, describeFault } from '../agents/agent-loader.js';
import { AgentReload } from '../agents/agent-reload.js';
import { AgentsConfig } from '../config/agents.config.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { Replica } from '../state/replica.js';
import { PhraseWarmup } from '../warmup/phrase-warmup.js';
import { AccessGuard, NeedsRole } from './access.guard.js';

/** Longer than making the phrases of a few agents takes. */
const WARM_UP_MS = 60_000;

/** Who may answer calls, and how they work together. */
@Controller('api/v1')
@UseGuards(AccessGuard)
export class AgentsController {
  private readonly logger = new Logger('Agents');

  constructor(
    private readonly catalog: AgentCatalog,
    private readonly config: AgentsConfig,
    private readonly agents: AgentReload,
    private readonly warmup: PhraseWarmup,
    private readonly replica: Replica,
  ) {}

  /** `version` is the same on every replica that has read the same files. */
  @Get('agents')
  @NeedsRole('caller')
  listAgents() {
    return { replica: this.replica.id, version: this.catalog.version, agents: this.catalog.agents().map(agentView) };
  }

  @Get('agents/:name')
  @NeedsRole('caller')
  getAgent(@Param('name') name: string) {
    const agent = this.catalog.agents().find((candidate) => candidate.name === name);
    if (!agent) throw new NotFoundException(`There is no agent "${name}"`);
    return agentView(agent);
  }

  /** `default` is the scenario of calls that name none. */
  @Get('scenarios')
  @NeedsRole('caller')
  listScenarios() {
    return { default: this.config.scenario, scenarios: this.catalog.scenarios().map(scenarioView) };
  }

  /**
   * From the files of this replica, all or nothing; 422 with every fault. Calls that go on keep what they began with. All
   * tenants have the same agents: so it is for admins.
   */
  @Post('agents/reload')
  @NeedsRole('admin')
  @HttpCode(200)
  async reload() {
    try {
      const reloaded = await this.agents.reload();
      // What is said first must not have to be made while a caller waits.
      this.warmup
        .run(AbortSignal.timeout(WARM_UP_MS))
        .catch((error: unknown) => this.logger.warn(`Phrases of the new agents: ${messageOf(error)}`));
      return { replica: this.replica.id, ...reloaded };
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'config_invalid') throw error;
      this.logger.warn(error.message);
      throw new UnprocessableEntityException(refusalOf(error));
    }
  }
}

/** Without what the machine calls the folder. */
function refusalOf(error: ParleyError): string {
  if (!(error instanceof AgentsInvalidError))
    return 'The folder that AGENTS_DIR names is not there, and nothing has changed';
  return `The files are not valid, and nothing has changed: ${error.faults.map(describeFault).join('; ')}`;
}

function agentView({ name, description, language, voice, tools, onNewInput, noInput }: Agent) {
  return {
    name,
    description,
    language,
    voice,
    tools,
    on_new_input: onNewInput,
    no_input: { after_ms: noInput.afterMs, reprompts: noInput.reprompts.length, action: noInput.action.type },
  };
}

function scenarioView({ name, description, start, agents, handoffs }: Scenario) {
  return { name, description, start, agents, handoffs };
}
