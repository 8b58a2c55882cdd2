import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { BankReadiness } from './banking/bank-readiness.js';
import { SampleBank } from './banking/sample-bank.js';
import { BlockCardTool } from './builtin/block-card.tool.js';
import { EndCallTool } from './builtin/end-call.tool.js';
import { GetBalanceTool } from './builtin/get-balance.tool.js';
import { HandoffToAgentTool } from './builtin/handoff-to-agent.tool.js';
import { ListRecentTransactionsTool } from './builtin/list-recent-transactions.tool.js';
import { ReportChargeTool } from './builtin/report-charge.tool.js';
import { TransferToHumanTool } from './builtin/transfer-to-human.tool.js';
import { VerifyCallerTool } from './builtin/verify-caller.tool.js';
import type { Tool } from './tool.js';
import { ToolRegistry } from './tool-registry.js';

const BUILTIN_TOOLS: readonly Type<Tool>[] = [
  HandoffToAgentTool,
  TransferToHumanTool,
  EndCallTool,
  VerifyCallerTool,
  GetBalanceTool,
  ListRecentTransactionsTool,
  BlockCardTool,
  ReportChargeTool,
];

/** A tool of your own: a provider that implements `Tool`, and `registry.register(tool)` in your module's `onModuleInit`. */
@Module({
  providers: [ToolRegistry, SampleBank, BankReadiness, ...BUILTIN_TOOLS],
  exports: [ToolRegistry, SampleBank],
})
export class ToolsModule implements OnModuleInit {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    for (const tool of BUILTIN_TOOLS) this.registry.register(this.modules.get(tool));
  }
}
