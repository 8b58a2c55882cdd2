import { Liquid, LiquidError, type Template as LiquidTemplate } from 'liquidjs';

export type Variables = Readonly<Record<string, unknown>>;

/**
 * The template language (Liquid) of prompts, replies and greetings. Output is plain text for a speech synthesiser, so
 * nothing is escaped. A variable that is not there renders empty; a filter that is not there is an error at load.
 */
export class Template {
  private constructor(
    private readonly parsed: LiquidTemplate[],
    private readonly expression: string | undefined,
  ) {}

  /** Throws TemplateError. */
  static parse(text: string): Template {
    const alone = /^\{\{-?((?:(?!\}\}|\{\{).)*?)-?\}\}$/s.exec(text.trim());
    return new Template(parse(text), alone?.[1]);
  }

  render(variables: Variables): string {
    return String(liquid.renderSync(this.parsed, variables));
  }

  /** The value itself where the template is a single `{{ expression }}`, else the rendered text. */
  value(variables: Variables): unknown {
    return this.expression === undefined ? this.render(variables) : liquid.evalValueSync(this.expression, variables);
  }

  /** The variables it reads that it does not set itself, as paths: `[['caller', 'name'], ['slots', 'amount']]`. */
  variables(): string[][] {
    return liquid
      .globalVariableSegmentsSync(this.parsed, { partials: false })
      .map((segments) => segments.map((segment) => (typeof segment === 'string' ? segment : '*')));
  }
}

/** A Liquid condition, such as `result.verified and slots.amount > 100`. */
export class Condition {
  private constructor(private readonly template: Template) {}

  /** Throws TemplateError. */
  static parse(text: string): Condition {
    return new Condition(Template.parse(`{% if ${text} %}1{% endif %}`));
  }

  holds(variables: Variables): boolean {
    return this.template.render(variables) !== '';
  }

  variables(): string[][] {
    return this.template.variables();
  }
}

/** A fault in a template's text; `line` counts from 1 within that text. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    message: string,
    readonly line: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

function parse(text: string): LiquidTemplate[] {
  try {
    return liquid.parse(text);
  } catch (error) {
    if (!LiquidError.is(error)) throw error;
    const [line] = error.token.getPosition();
    throw new TemplateError(error.message.replace(/, line:\d+, col:\d+$/, ''), line ?? 1, { cause: error });
  }
}

/** "$1,245.60". What is not a number stays as it is. */
function money(value: unknown): string {
  const amount = Number(value);
  if (value === null || value === undefined || value === '' || Number.isNaN(amount)) return textOf(value);
  return new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' }).format(amount);
}

/** "4 2 4 2": one by one, as a card number is read aloud. */
function digits(value: unknown): string {
  return textOf(value).replaceAll(/\s/g, '').split('').join(' ');
}

/** "March 14" for an ISO date. What is no ISO date stays as it is. */
function dateSpoken(value: unknown): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(textOf(value));
  if (!match) return textOf(value);
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return new Intl.DateTimeFormat('en-US', { month: 'long', day: 'numeric', timeZone: 'UTC' }).format(date);
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

// The limits stop a runaway loop in a prompt from taking the event loop with it.
const liquid = new Liquid({
  strictFilters: true,
  strictVariables: false,
  parseLimit: 1e6,
  renderLimit: 1000,
  memoryLimit: 1e7,
});
liquid.registerFilter('money', money);
liquid.registerFilter('digits', digits);
liquid.registerFilter('date_spoken', dateSpoken);
