import { Controller, Get, UseGuards } from '@nestjs/common';
import { LlmClient } from '../llm/llm-client.js';
import { WsPusherLinks } from '../pusher/link/ws-pusher-links.js';
import { Recordings } from '../services/archive/recordings.js';
import { Conversations } from '../services/conversations/conversations.js';
import { SpeechService } from '../speech/speech.service.js';
import { McpServers } from '../tools/mcp/mcp-servers.js';
import { AccessGuard } from './access.guard.js';

/** Whom this process depends on in calls, and what waits for others after them. */
@Controller('api/v1')
@UseGuards(AccessGuard)
export class DependenciesController {
  constructor(
    private readonly llm: LlmClient,
    private readonly speech: SpeechService,
    private readonly tools: McpServers,
    private readonly links: WsPusherLinks,
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
  ) {}

  /** In the order in which they are asked; `open`: it is not asked at present, because it has failed. */
  @Get('providers')
  providers() {
    const { stt, tts } = this.speech.status;
    return { models: this.llm.models(), stt, tts, tool_servers: this.tools.status() };
  }

  @Get('backlog')
  backlog() {
    return {
      pusher: this.links.snapshot(),
      conversations_waiting: this.conversations.waiting,
      recordings_waiting: this.recordings.waiting,
    };
  }
}
