import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import type { Tool, ToolOutcome } from '../../src/tools/tool.js';
import { ToolRegistry } from '../../src/tools/tool-registry.js';
import { ToolsModule } from '../../src/tools/tools.module.js';

const parameters = z.strictObject({ kind: z.enum(['rye', 'white']), pieces: z.int().min(1).max(50) });
type Order = z.output<typeof parameters>;

@Injectable()
export class PlaceOrderTool implements Tool<Order> {
  readonly name = 'place_order';
  readonly description = 'Orders bread to be fetched at the shop.';
  readonly parameters = parameters;
  readonly timeoutMs = 3000;
  readonly interruptible = false;

  async run({ pieces }: Order): Promise<ToolOutcome> {
    // Here the shop would be asked; hand `run`'s third argument, the signal, on to whatever waits.
    return { result: { accepted: pieces <= 20, ready_at: "five o'clock" } };
  }
}

@Module({ imports: [ToolsModule], providers: [PlaceOrderTool] })
export class BakeryModule implements OnModuleInit {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly placeOrder: PlaceOrderTool,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.placeOrder);
  }
}
