import { z } from 'zod';

/** One setting: a variable name, what it may hold, and a sentence that says what it does. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly schema: T;
  readonly description: string;
  /** Masked wherever the configuration is shown. */
  readonly secret: boolean;
}

type Settings = Record<string, Setting>;
type Values<S extends Settings> = { readonly [K in keyof S]: z.output<S[K]['schema']> };

/** A class that is at once the type, the injection token and the description of one concern of the configuration. */
export interface ConfigClass<S extends Settings = Settings, T extends object = object> {
  new (): T;
  /** The section in `config/default.yaml`. */
  readonly section: string;
  readonly settings: S;
}

/**
 * `class VoiceConfig extends configOf('voice', { maxConnections: setting('MAX_CONNECTIONS', int(1, 10_000), '…') }) {}`
 * The key is the name in the YAML section; defaults stand in `config/default.yaml` only.
 */
export function configOf<S extends Settings>(section: string, settings: S): ConfigClass<S, Values<S>> {
  return class {
    static readonly section = section;
    static readonly settings = settings;
  } as unknown as ConfigClass<S, Values<S>>;
}

export function setting<T extends z.ZodType>(env: string, schema: T, description: string): Setting<T> {
  return { env, schema, description, secret: false };
}

export function secret<T extends z.ZodType>(env: string, schema: T, description: string): Setting<T> {
  return { env, schema, description, secret: true };
}

/** A whole number in a range. */
export const int = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** Any number in a range. */
export const number = (min: number, max: number) => z.coerce.number().min(min).max(max);
/** `true/false`, `1/0`, `yes/no`, `on/off`. */
export const flag = () => z.union([z.boolean(), z.stringbool()]);
/** A comma-separated list (or a YAML list). */
export const list = () =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean)
        : value,
    z.array(z.string()),
  );
/** A list of some of these, in any order, each once. @param least how many there must be */
export const someOf = <const T extends readonly [string, ...string[]]>(values: T, least = 0) =>
  list()
    .pipe(z.array(z.enum(values)).min(least))
    .refine((given) => new Set(given).size === given.length)
    .meta({ description: `a comma-separated list of ${values.join(', ')}, each once` });
/** `http://…` or `https://…`, or nothing. */
export const address = () => z.string().refine(isAddress).meta({ format: 'uri' });
export const text = () => z.string().trim();
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) => z.enum(values);

function isAddress(given: string): boolean {
  return given === '' || /^https?:$/.test(URL.parse(given)?.protocol ?? '');
}
