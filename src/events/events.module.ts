import { Module } from '@nestjs/common';
import { EventBus } from './event-bus.js';
import { EventsStep } from './events.step.js';

@Module({ providers: [EventBus, EventsStep], exports: [EventBus] })
export class EventsModule {}
