import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Timer } from '../../kernel/clock.js';
import { type ErrorCode, ParleyError } from '../../kernel/errors.js';
import type { SessionRequest } from '../shared-state.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { stateUnavailable } from './redis-problem.js';

/** Questions to other replicas that may be open at a time. */
const MAX_OPEN = 1000;
/** What others ask for that may be under way at a time. */
const MAX_SERVED = 1000;
const QUIET_MS = 60_000;
const MAX_CHARACTERS = 1_048_576;

const request = z.object({
  ask: z.string().max(100),
  from: z.string().min(1).max(200),
  session: z.string().max(200),
  type: z.string().max(100),
  body: z.unknown(),
});
const answer = z.object({
  re: z.string().max(100),
  body: z.unknown(),
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).optional(),
});
const message = z.union([request, answer]);

interface Open {
  resolve(body: unknown): void;
  reject(error: ParleyError): void;
}

interface Served {
  readonly answered: Promise<void>;
  /** Unless its handler has come to its end. */
  readonly refuse: (error: ParleyError) => void;
}

/** Questions and answers between replicas: each listens on a channel of its own, so that nobody else hears them. */
export class RedisMailbox {
  private readonly logger = new Logger('Redis');
  private readonly open = new Map<string, Open>();
  private readonly served = new Set<Served>();
  private quietUntil = -Infinity;
  private serveRequest: (request: SessionRequest) => Promise<unknown> = () =>
    Promise.reject(new ParleyError('unsupported', 'This replica answers nothing'));

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly replica: string,
    private readonly answerTimeoutMs: number,
    private readonly clock: Clock,
  ) {
    link.receive((text) => this.receive(text));
    link.onDown(() => this.refuseAll(stateUnavailable('it went away before the answer came')));
  }

  /** Called once for each request that comes. */
  serve(handler: (request: SessionRequest) => Promise<unknown>): void {
    this.serveRequest = handler;
  }

  /** Resolves with the answer; rejects with the other's error, with `timeout`, or with `state_unavailable`. */
  async ask(replica: string, { session, type, body }: SessionRequest): Promise<unknown> {
    if (this.open.size >= MAX_OPEN) throw stateUnavailable('too many questions to other replicas are open');
    const id = randomUUID();
    let timer: Timer | undefined;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      timer = this.clock.setTimeout(() => reject(noAnswer(replica, this.answerTimeoutMs)), this.answerTimeoutMs);
    });
    // It may be refused while the question is still on its way.
    answered.catch(() => undefined);
    try {
      const heard = await this.publish(replica, { ask: id, from: this.replica, session, type, body });
      if (heard === 0) throw stateUnavailable(`the replica ${replica} does not listen`);
      return await answered;
    } finally {
      timer?.cancel();
      this.open.delete(id);
    }
  }

  /** Who has asked this replica for something is not left waiting for it: nobody else can tell them that it is gone. */
  async close(): Promise<void> {
    this.refuseAll(stateUnavailable('closed'));
    await this.link.stopListening();
    const served = [...this.served];
    for (const { refuse } of served) refuse(stateUnavailable(`the replica ${this.replica} has stopped`));
    await Promise.all(served.map(({ answered }) => answered));
  }

  private receive(text: string): void {
    const read = text.length <= MAX_CHARACTERS ? message.safeParse(parsed(text)) : undefined;
    if (!read?.success) return this.rubbish();
    if ('re' in read.data) return this.settle(read.data);
    this.serveOne(read.data);
  }

  /** Whoever sends it does not also fill the log. */
  private rubbish(): void {
    const now = this.clock.now();
    if (now < this.quietUntil) return;
    this.quietUntil = now + QUIET_MS;
    this.logger.warn('A message that is none of ours came on the channel of this replica; more of them are not logged');
  }

  private settle({ re, body, error }: z.output<typeof answer>): void {
    const open = this.open.get(re);
    if (error) open?.reject(new ParleyError(error.code as ErrorCode, error.message, error.retryable));
    else open?.resolve(body);
  }

  private serveOne(asked: z.output<typeof request>): void {
    if (this.served.size >= MAX_SERVED) return;
    const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
    const one: Served = { answered: this.answer(asked, refused).finally(() => this.served.delete(one)), refuse };
    this.served.add(one);
  }

  private async answer(
    { ask: re, from, session, type, body }: z.output<typeof request>,
    refused: Promise<never>,
  ): Promise<void> {
    const done = await Promise.race([this.serveRequest({ session, type, body }), refused]).then(
      (result) => ({ re, body: result ?? null }),
      (error: unknown) => ({ re, body: null, error: errorOf(error) }),
    );
    // Who asked waits no longer than for its limit, whatever becomes of the answer.
    await this.publish(from, done).catch(() => undefined);
  }

  private publish(replica: string, content: object): Promise<unknown> {
    return this.link.run((client) => client.publish(this.keys.inboxOf(replica), JSON.stringify(content)));
  }

  private refuseAll(error: ParleyError): void {
    for (const open of this.open.values()) open.reject(error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What went wrong inside is for the log of the replica where it did. */
function errorOf(error: unknown): { code: string; message: string; retryable: boolean } {
  if (!(error instanceof ParleyError))
    return { code: 'internal', message: 'The other replica failed', retryable: false };
  const { code, message: text, retryable } = error;
  return { code, message: text, retryable };
}

function noAnswer(replica: string, afterMs: number): ParleyError {
  return new ParleyError('timeout', `The replica ${replica} did not answer within ${afterMs} ms`, true);
}
