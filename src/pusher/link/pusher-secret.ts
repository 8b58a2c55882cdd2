import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PusherConfig } from '../../config/pusher.config.js';

/** What a link shows to the pusher: the configured one, or one that only this process knows. */
@Injectable()
export class PusherSecret {
  readonly value: string;

  constructor({ secret }: PusherConfig) {
    this.value = secret || randomBytes(32).toString('base64url');
  }
}
