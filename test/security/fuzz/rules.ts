import { ParleyError } from '../../../src/kernel/errors.js';

/** Said of an input that breaks a rule. */
export class Finding extends Error {}

export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly (string | Uint8Array)[];
  /** Of all inputs, in parts of the others. */
  readonly share: number;
  /** Whether the input was taken for right. Throws whatever it must not: a refusal is no throw. */
  run(input: Buffer): boolean | Promise<boolean>;
}

/** Stands in secrets, and must be in nothing that is said of an input. */
export const SECRET = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';

/** Nothing that is read may change what all objects have. */
export function clean(): void {
  const names = Object.keys(Object.prototype);
  if (names.length > 0 || ({} as Record<string, unknown>)['admin'] !== undefined)
    throw new Finding('a polluted prototype');
}

/** Samples cannot be more than the bytes that they came in. */
export function bounded(samples: number, input: Buffer): void {
  if (samples > input.length) throw new Finding(`${samples} samples from ${input.length} bytes`);
}

/** @param input undefined for files of the operator, who is told which key is none; but no secret in any case */
export function quotesNothing(problem: string, input: Buffer | undefined): void {
  if (problem.includes(SECRET)) throw new Finding('the problem quotes a secret');
  const text = input?.toString('latin1') ?? '';
  // Long enough not to be there by chance.
  if (text.length > 40 && problem.includes(text.slice(0, 40))) throw new Finding('the problem quotes the input');
}

export function answered(message: object, input: Buffer): boolean {
  clean();
  if (!('problem' in message)) return true;
  quotesNothing((message.problem as { message: string }).message, input);
  return false;
}

export function read(parameters: object | string): boolean {
  clean();
  return typeof parameters !== 'string';
}

/** Refusals are errors of one code, and quote nothing. */
export function refusing(code: string, input: Buffer | undefined, run: () => void): boolean {
  try {
    run();
    clean();
    return true;
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== code) throw error;
    quotesNothing(error.message, input);
    return false;
  }
}
