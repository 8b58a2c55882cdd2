/** What Prometheus adds to every series that it fetches, or Kubernetes does for it. */
const OF_THE_TARGET: ReadonlySet<string> = new Set(['namespace', 'job', 'instance', 'le']);
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'offset', 'bool', 'inf', 'nan']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

export interface NamesOfExpression {
  /** Each with the labels that it is chosen by. */
  readonly series: readonly (readonly [name: string, labels: readonly string[]])[];
  /** By which results are summed up, or brought together. */
  readonly grouping: readonly string[];
}

/** The names in an expression, without what every series has. */
export function namesIn(expression: string): NamesOfExpression {
  const bare = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const grouping = [...bare.matchAll(GROUPING)].flatMap(([, labels]) => listOf(labels!));
  const rest = bare.replaceAll(GROUPING, ' ').replaceAll(/\[[^\]]*\]/g, ' ');
  const series = [...rest.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\}|(?![\w(]|\s*\())/g)].flatMap(
    ([, name, matchers = '']) =>
      KEYWORDS.has(name!.toLowerCase())
        ? []
        : [[name!, listOf(matchers.replaceAll(/(?:=~|!~|!=|=)\s*""/g, ''))] as const],
  );
  return { series, grouping };
}

function listOf(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !OF_THE_TARGET.has(name));
}
