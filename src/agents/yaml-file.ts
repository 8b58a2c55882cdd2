import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import { messageOf } from '../kernel/errors.js';

export type FieldPath = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Position {
  /** As people know it: `agents/concierge/agent.yaml`. */
  readonly file: string;
  /** `dialogue.intents.balance.tool`; empty for the whole file. */
  readonly field: string;
  readonly message: string;
}

/** A parsed YAML file that knows where each of its fields stands. */
export class YamlFile {
  readonly faults: readonly Fault[];
  readonly data: unknown;
  private readonly lines = new LineCounter();
  private readonly document;

  constructor(
    readonly name: string,
    text: string,
  ) {
    const { document, data, problem } = parsed(text, this.lines);
    this.document = document;
    this.faults = [
      ...document.errors.map(({ pos, message }) => ({ file: name, ...this.positionAt(pos[0]), field: '', message })),
      ...(problem === undefined ? [] : [{ file: name, line: 1, column: 1, field: '', message: problem }]),
    ];
    this.data = data ?? {};
  }

  /** Whether this very file has the field. */
  has(path: FieldPath): boolean {
    return this.nodeAt(path).depth === path.length;
  }

  /** Where the field stands, else the nearest field around it. `line`: counted within a text of several lines. */
  positionOf(path: FieldPath, line = 1): Position {
    const { node, key } = this.nodeAt(path);
    // A fault in a map is shown at its key, one in a text at the text.
    const target = isScalar(node) || !key ? node : key;
    const position = this.positionAt(target?.range?.[0] ?? 0);
    const isBlock = isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
    return isBlock ? { line: position.line + line, column: 1 } : position;
  }

  /** Where the key of the field stands. */
  positionOfKey(path: FieldPath): Position {
    const { key, node } = this.nodeAt(path);
    return this.positionAt((key ?? node)?.range?.[0] ?? 0);
  }

  private nodeAt(path: FieldPath): { node: Node | null; key: Node | undefined; depth: number } {
    let node: Node | null = this.document.contents;
    let key: Node | undefined;
    let depth = 0;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(this.document) ?? null;
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
        if (!isPair(pair)) break;
        key = pair.key as Node;
        next = pair.value ?? pair.key;
      } else if (isSeq(node)) {
        next = node.items[Number(part)];
        key = undefined;
      }
      if (!next) break;
      node = next as Node;
      depth += 1;
    }
    return { node, key, depth };
  }

  private positionAt(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const TOO_DEEP = 'Maximum call stack size exceeded';

/** Of a file that is nested or repeated beyond all measure nothing is known but what is wrong with it. */
function parsed(text: string, lineCounter: LineCounter) {
  const options = { lineCounter, prettyErrors: false };
  try {
    const document = parseDocument(text, options);
    if (document.errors.some(({ message }) => message === TOO_DEEP)) throw new RangeError(TOO_DEEP);
    const data: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    return { document, data, problem: undefined };
  } catch (error) {
    const problem = error instanceof RangeError ? 'is nested too deeply' : messageOf(error);
    return { document: parseDocument('', options), data: undefined, problem };
  }
}

export function fieldName(path: FieldPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}
