import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

const MAX_HOST_LENGTH = 63;

/** This process among those that share their state. */
@Injectable()
export class Replica {
  /** Another one after every start: what the process had before it died is not taken for its own. */
  readonly id = `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, MAX_HOST_LENGTH)}-${randomBytes(4).toString('hex')}`;
}
