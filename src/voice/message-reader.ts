import type { z } from 'zod';

export interface MessageProblem {
  readonly code: 'invalid_message' | 'unknown_message';
  readonly message: string;
}

type Typed = z.ZodObject<{ readonly type: z.ZodLiteral<string> }>;

/** Reads text frames: the message, or what is wrong with it, without repeating what it said. */
export function messageReader<T extends readonly [Typed, ...Typed[]]>(
  schema: z.ZodDiscriminatedUnion<T>,
): (text: string) => z.output<T[number]> | { readonly problem: MessageProblem } {
  const known = new Set<unknown>(schema.options.map(({ shape }) => shape.type.value));
  return (text) => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return { problem: { code: 'invalid_message', message: 'The text frame is not JSON' } };
    }
    const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
    if (typeof type !== 'string') return { problem: { code: 'invalid_message', message: 'The message has no "type"' } };
    if (!known.has(type)) {
      const message = `Unknown message type; there are ${[...known].join(', ')}`;
      return { problem: { code: 'unknown_message', message } };
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { problem: { code: 'invalid_message', message: `${type}: ${problems.join('; ')}` } };
  };
}
