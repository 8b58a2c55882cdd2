import { Module } from '@nestjs/common';
import { ToolsModule } from '../tools.module.js';
import { McpServers } from './mcp-servers.js';

@Module({ imports: [ToolsModule], providers: [McpServers], exports: [McpServers] })
export class McpModule {}
