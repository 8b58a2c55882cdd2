import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Clock } from '../kernel/clock.js';
import { KeyValueStore } from '../state/store/key-value-store.js';
import { BankReadiness } from './banking/bank-readiness.js';
import { FailedVerifications } from './banking/failed-verifications.js';
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
  providers: [
    ToolRegistry,
    SampleBank,
    BankReadiness,
    {
      provide: FailedVerifications,
      inject: [Clock, ModuleRef],
      // Where tools are only looked at, as the check of agents does, there is no store.
      useFactory: (clock: Clock, modules: ModuleRef) => new FailedVerifications(clock, () => storeIn(modules)),
    },
    ...BUILTIN_TOOLS,
  ],
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

function storeIn(modules: ModuleRef): KeyValueStore | undefined {
  try {
    return modules.get(KeyValueStore, { strict: false });
  } catch {
    return undefined;
  }
}
