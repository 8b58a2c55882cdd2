/** A word graph without empty transitions except those into the final state: what the recogniser's search can follow. */
export interface Automaton {
  readonly stateCount: number;
  readonly startState: number;
  readonly finalState: number;
  readonly arcs: readonly Arc[];
  /** States in which an utterance may end, each with an empty transition to `finalState`. */
  readonly exits: readonly { readonly from: number; readonly logWeight: number }[];
}

export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly word: string;
  /** Natural logarithm of the arc's probability, at most 0. */
  readonly logWeight: number;
}

/** What may be said, as a tree; `compileAutomaton` turns it into a graph. Weights are probabilities in (0, 1]. */
export type Expression =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'choice';
      readonly branches: readonly { readonly weight: number; readonly expression: Expression }[];
    }
  | { readonly kind: 'counted'; readonly least: number; readonly most: number; readonly steps: readonly CountedStep[] };

/** One way to go on in a `counted` expression; it counts for `size` of its `least` to `most` elements. */
export interface CountedStep {
  readonly size: number;
  readonly weight: number;
  readonly expression: Expression;
}

export const nothing: Expression = { kind: 'sequence', parts: [] };

/** Words separated by spaces, said one after the other. */
export function words(text: string): Expression {
  return sequence(...text.split(' ').map((word): Expression => ({ kind: 'word', word })));
}

export function sequence(...parts: Expression[]): Expression {
  return { kind: 'sequence', parts };
}

/** One of several, all as likely. */
export function oneOf(...expressions: readonly (Expression | string)[]): Expression {
  const weight = 1 / expressions.length;
  return {
    kind: 'choice',
    branches: expressions.map((each) => ({ weight, expression: typeof each === 'string' ? words(each) : each })),
  };
}

/** One of several with relative weights, which are scaled to sum 1. */
export function weighted(...branches: readonly (readonly [weight: number, expression: Expression])[]): Expression {
  const total = branches.reduce((sum, [weight]) => sum + weight, 0);
  return { kind: 'choice', branches: branches.map(([weight, expression]) => ({ weight: weight / total, expression })) };
}

export function optional(expression: Expression, probability = 0.5): Expression {
  return weighted([probability, expression], [1 - probability, nothing]);
}

export function compileAutomaton(root: Expression): Automaton {
  const builder = new Builder();
  const start = builder.newState();
  const end = builder.add(root, start);
  return builder.withoutEmptyMoves(start, end);
}

interface EmptyMove {
  readonly to: number;
  readonly logWeight: number;
}

class Builder {
  private states = 0;
  private readonly arcsFrom: Arc[][] = [];
  private readonly emptyFrom: EmptyMove[][] = [];

  newState(): number {
    this.arcsFrom.push([]);
    this.emptyFrom.push([]);
    return this.states++;
  }

  /** Adds `expression` behind `from` and returns the state in which it ends. */
  add(expression: Expression, from: number): number {
    switch (expression.kind) {
      case 'word': {
        const to = this.newState();
        this.arcsFrom[from]!.push({ from, to, word: expression.word, logWeight: 0 });
        return to;
      }
      case 'sequence':
        return expression.parts.reduce((state, part) => this.add(part, state), from);
      case 'choice': {
        const join = this.newState();
        for (const { weight, expression: branch } of expression.branches) {
          const entry = this.newState();
          this.move(from, entry, Math.log(weight));
          this.move(this.add(branch, entry), join, 0);
        }
        return join;
      }
      default: {
        const out = this.newState();
        const after = Array.from({ length: expression.most + 1 }, () => this.newState());
        this.move(from, after[0]!, 0);
        after.forEach((state, count) => {
          if (count >= expression.least) this.move(state, out, 0);
          for (const { size, weight, expression: step } of expression.steps) {
            const target = after[count + size];
            if (target === undefined) continue;
            const entry = this.newState();
            this.move(state, entry, Math.log(weight));
            this.move(this.add(step, entry), target, 0);
          }
        });
        return out;
      }
    }
  }

  /**
   * The search follows one empty transition after a word, not chains of them, so every chain is folded into the arcs
   * behind it; states that lead from the start through words only survive.
   */
  withoutEmptyMoves(start: number, end: number): Automaton {
    const numbers = new Map<number, number>([[start, 0]]);
    const todo = [start];
    const arcs: Arc[] = [];
    const exits: { from: number; logWeight: number }[] = [];
    for (const state of todo) {
      const from = numbers.get(state)!;
      for (const [reached, logWeight] of this.reachableWithoutWords(state)) {
        if (reached === end) exits.push({ from, logWeight });
        for (const arc of this.arcsFrom[reached]!) {
          const target = this.merged(arc.to);
          let to = numbers.get(target);
          if (to === undefined) {
            to = numbers.size;
            numbers.set(target, to);
            todo.push(target);
          }
          arcs.push({ from, to, word: arc.word, logWeight: logWeight + arc.logWeight });
        }
      }
    }
    return { stateCount: numbers.size + 1, startState: 0, finalState: numbers.size, arcs, exits };
  }

  /** The state itself, or the one that all it can do is move on to: so the branches of a choice end in one state. */
  private merged(state: number): number {
    for (;;) {
      const [only, ...others] = this.emptyFrom[state]!;
      if (!only || others.length > 0 || only.logWeight !== 0 || this.arcsFrom[state]!.length > 0) return state;
      state = only.to;
    }
  }

  private move(from: number, to: number, logWeight: number): void {
    this.emptyFrom[from]!.push({ to, logWeight });
  }

  private reachableWithoutWords(from: number): Map<number, number> {
    const best = new Map<number, number>([[from, 0]]);
    const todo = [from];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      const soFar = best.get(state)!;
      for (const { to, logWeight } of this.emptyFrom[state]!) {
        const candidate = soFar + logWeight;
        if (candidate <= (best.get(to) ?? -Infinity)) continue;
        best.set(to, candidate);
        todo.push(to);
      }
    }
    return best;
  }
}
