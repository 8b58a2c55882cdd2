import { type Clock, ManualClock } from '../../kernel/clock.js';
import { EmbeddedLlmClient } from '../../llm/drivers/embedded/embedded-llm.client.js';
import { FailedVerifications } from '../../tools/banking/failed-verifications.js';
import { SampleBank } from '../../tools/banking/sample-bank.js';
import { BlockCardTool } from '../../tools/builtin/block-card.tool.js';
import { EndCallTool } from '../../tools/builtin/end-call.tool.js';
import { GetBalanceTool } from '../../tools/builtin/get-balance.tool.js';
import { HandoffToAgentTool } from '../../tools/builtin/handoff-to-agent.tool.js';
import { ListRecentTransactionsTool } from '../../tools/builtin/list-recent-transactions.tool.js';
import { ReportChargeTool } from '../../tools/builtin/report-charge.tool.js';
import { TransferToHumanTool } from '../../tools/builtin/transfer-to-human.tool.js';
import { VerifyCallerTool } from '../../tools/builtin/verify-caller.tool.js';
import type { Tool } from '../../tools/tool.js';
import { ToolRegistry } from '../../tools/tool-registry.js';
import { AgentCatalog } from '../agent-catalog.js';
import { TextConversation } from './text-conversation.js';

/** The agents in this repository with their real tools on a clock that stands still. */
export class ShippedAgents {
  readonly clock = new ManualClock(Date.UTC(2026, 2, 18, 12));
  readonly bank = new SampleBank(this.clock);
  readonly registry = new ToolRegistry(this.clock);
  readonly llm = new EmbeddedLlmClient(this.clock);
  readonly catalog: AgentCatalog;
  private static loaded: AgentCatalog | undefined;

  /** `replaced`: tools that take the place of the real ones of the same name. */
  constructor(replaced: readonly Tool[] = []) {
    const tools = realTools(this.bank, this.clock);
    for (const tool of tools) this.registry.register(replaced.find(({ name }) => name === tool.name) ?? tool);
    this.catalog = ShippedAgents.loaded ??= load(tools, this.clock);
  }

  call(): TextConversation {
    return new TextConversation(this.catalog, this.registry, this.llm, 'banking');
  }

  close(): void {
    this.bank.close();
  }
}

function realTools(bank: SampleBank, clock: Clock): Tool[] {
  return [
    new HandoffToAgentTool(),
    new TransferToHumanTool(),
    new EndCallTool(),
    new VerifyCallerTool(bank, new FailedVerifications(clock, () => undefined)),
    new GetBalanceTool(bank),
    new ListRecentTransactionsTool(bank),
    new BlockCardTool(bank),
    new ReportChargeTool(bank),
  ];
}

/** Once for all calls: the agents do not change, and training takes a while. */
function load(tools: readonly Tool[], clock: Clock): AgentCatalog {
  const registry = new ToolRegistry(clock);
  for (const tool of tools) registry.register(tool);
  const catalog = new AgentCatalog({ directory: 'agents', scenario: 'banking' }, registry);
  catalog.load({ voices: ['slt', 'rms'], languages: ['en'] });
  return catalog;
}
