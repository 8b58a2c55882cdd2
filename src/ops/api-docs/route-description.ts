import type { Type } from '@nestjs/common';
import type { z } from 'zod';

/** What a route says of itself in the API's document, besides what its controller says already: method, path, role, status. */
export interface RouteDescription<Answer = never> {
  /** A few words, for lists. */
  readonly summary: string;
  /** Markdown-free sentences. */
  readonly details?: string;
  readonly query?: z.ZodObject;
  readonly body?: Content;
  /** Undefined: there is nothing in it. */
  readonly answer?: AnswerTo<Answer>;
  /** Other statuses that it may have, and when; those that follow from its guard come by themselves. */
  readonly errors?: Readonly<Record<number, string>>;
  /** Statuses beside the usual one that are no error, with the same content. */
  readonly alsoAnswers?: Readonly<Record<number, string>>;
  /** Who may use it, where that is not the business of the access guard; `optional`: with a credential it says more. */
  readonly security?: 'twilio' | 'event_grid' | 'acs' | 'optional';
}

export interface Content {
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** JSON if undefined. */
  readonly type?: string;
  /** The request may do without. */
  readonly optional?: boolean;
}

/** Content that an answer of this type fits in, as the compiler sees to. */
export interface AnswerTo<Answer> extends Content {
  readonly accepts: (answer: Answer) => void;
}

type Frozen<T> = T extends (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

const accepts = (): void => undefined;

/** An answer in JSON. */
export function json<Schema extends z.ZodType>(
  schema: Schema,
  example: z.output<Schema>,
): AnswerTo<Frozen<z.output<Schema>>> {
  return { schema, example, accepts };
}

/** An answer that is a file, a page or a stream, or of which the compiler knows nothing. */
export function media(type: string, schema: z.ZodType, example: unknown): AnswerTo<unknown> {
  return { schema, example, type, accepts };
}

type AnswerOf<Method> = Method extends (...parameters: never[]) => infer Answer ? Awaited<Answer> : never;

/** Of each public method of a controller one: the compiler finds the one that is missing. */
export type DescriptionsOf<Controller> = {
  readonly [Method in keyof Controller]: RouteDescription<AnswerOf<Controller[Method]>>;
};

export interface DescribedController {
  readonly controller: Type;
  /** Under which its routes stand. */
  readonly group: string;
  readonly routes: Readonly<Record<string, RouteDescription>>;
}

export function describeController<Controller>(
  controller: Type<Controller>,
  group: string,
  routes: DescriptionsOf<Controller>,
): DescribedController {
  return { controller, group, routes };
}
