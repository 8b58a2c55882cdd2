import { Module } from '@nestjs/common';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { EventBus } from './event-bus.js';
import { EventsStep } from './events.step.js';

@Module({ imports: [StateModule, SpeechModule], providers: [EventBus, EventsStep], exports: [EventBus] })
export class EventsModule {}
