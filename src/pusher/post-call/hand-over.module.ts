import { Module } from '@nestjs/common';
import { ConversationsModule } from '../../services/conversations/conversations.module.js';
import { StateModule } from '../../state/state.module.js';
import { LinksModule } from '../link/links.module.js';
import { VoiceHandOver } from './voice-hand-over.js';

/** Brings calls with agents to the pusher. */
@Module({ imports: [StateModule, ConversationsModule, LinksModule], providers: [VoiceHandOver] })
export class HandOverModule {}
