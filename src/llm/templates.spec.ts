import { describe, expect, it } from '@jest/globals';
import { Condition, Template, TemplateError } from './templates.js';

const render = (text: string, variables: Record<string, unknown> = {}): string =>
  Template.parse(text).render(variables);

describe('Template', () => {
  it('renders a missing variable as nothing', () => {
    expect(render('Hello {{ caller.name }}!')).toBe('Hello !');
  });

  it('does not escape: speech is no HTML', () => {
    expect(render('{{ name }}', { name: 'Smith & <Sons>' })).toBe('Smith & <Sons>');
  });

  it.each([
    ['{{ 1245.6 | money }}', '$1,245.60'],
    ['{{ -12 | money }}', '-$12.00'],
    ['{{ "much" | money }}', 'much'],
    ['{{ "4242" | digits }}', '4 2 4 2'],
    ['{{ "2026-03-14" | date_spoken }}', 'March 14'],
    ['{{ "soon" | date_spoken }}', 'soon'],
    ['{{ nothing | money }}{{ nothing | digits }}', ''],
  ])('renders %s as %s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it('refuses an unknown filter and says in which line', () => {
    let fault: unknown;
    try {
      Template.parse('one\n{{ name | shout }}');
    } catch (error) {
      fault = error;
    }
    expect(fault).toMatchObject({ name: 'TemplateError', line: 2, message: expect.stringContaining('shout') });
    expect(() => Template.parse('{% if open')).toThrow(TemplateError);
  });

  it('keeps the type of a single expression', () => {
    expect(Template.parse('{{ slots.amount }}').value({ slots: { amount: 12.5 } })).toBe(12.5);
    expect(Template.parse('about {{ slots.amount }}').value({ slots: { amount: 12.5 } })).toBe('about 12.5');
  });

  it('knows which variables it reads', () => {
    const template = Template.parse(
      '{% for item in result.items %}{{ item.name }}{% endfor %}{{ caller.name | upcase }}',
    );
    expect(template.variables()).toEqual([
      ['result', 'items'],
      ['caller', 'name'],
    ]);
  });
});

describe('Condition', () => {
  it.each([
    ['caller', {}, false],
    ['caller', { caller: { name: 'Ada' } }, true],
    ['result.left > 1 and result.code == "wrong"', { result: { left: 2, code: 'wrong' } }, true],
    ['result.left > 1', { result: { left: 1 } }, false],
  ])('%s with %j is %s', (text, variables, expected) => {
    expect(Condition.parse(text).holds(variables)).toBe(expected);
  });

  it('refuses a broken one', () => {
    expect(() => Condition.parse('a | nope')).toThrow(TemplateError);
  });
});
