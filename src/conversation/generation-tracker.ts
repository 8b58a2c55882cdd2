export type GenerationState = 'IDLE' | 'PROCESSING_LLM' | 'PROCESSING_TTS' | 'STREAMING' | 'COMPLETE';
export type GenerationOutcome = 'completed' | 'interrupted' | 'failed';

interface Current {
  readonly id: string;
  /** Known when the model is done. */
  expected: number | undefined;
  readonly synthesised: Set<number>;
  readonly played: Set<number>;
  readonly failed: Map<number, string>;
  outcome: GenerationOutcome | undefined;
}

/**
 * Counts the sentences of one answer at a time and knows when it is over. Every call carries the generation it is
 * about; one that is not the current one, or has ended, is ignored. COMPLETE is reached once, on every path.
 */
export class GenerationTracker {
  private current: Current | undefined;

  /** @param counter how many there were before. */
  constructor(
    private readonly onComplete: (id: string, outcome: GenerationOutcome) => void,
    private counter = 0,
  ) {}

  /** The generation that runs, or the last one. */
  get id(): string | undefined {
    return this.current?.id;
  }

  get active(): boolean {
    return this.current !== undefined && this.current.outcome === undefined;
  }

  get state(): GenerationState {
    const current = this.current;
    if (!current) return 'IDLE';
    if (current.outcome) return 'COMPLETE';
    if (current.expected === undefined) return 'PROCESSING_LLM';
    return current.synthesised.size < current.expected ? 'PROCESSING_TTS' : 'STREAMING';
  }

  isCurrent(id: string): boolean {
    return this.active && this.current?.id === id;
  }

  /** Starts the next generation. The one before must have ended: interrupt it first. */
  begin(): string {
    if (this.active) throw new Error(`Generation ${this.current?.id} is still running`);
    const id = `gen_${++this.counter}`;
    this.current = {
      id,
      expected: undefined,
      synthesised: new Set(),
      played: new Set(),
      failed: new Map(),
      outcome: undefined,
    };
    return id;
  }

  /** The model has said everything: `sentences` are all there will be, numbered from 0. */
  llmDone(id: string, sentences: number): void {
    this.update(id, (current) => (current.expected ??= sentences));
  }

  sentenceSynthesised(id: string, index: number): void {
    this.update(id, (current) => current.synthesised.add(index));
  }

  /** A sentence that cannot be spoken is done, with its error. */
  sentenceFailed(id: string, index: number, error: string): void {
    this.update(id, (current) => {
      current.failed.set(index, error);
      current.synthesised.add(index);
      current.played.add(index);
    });
  }

  sentencePlayed(id: string, index: number): void {
    this.update(id, (current) => {
      current.synthesised.add(index);
      current.played.add(index);
    });
  }

  /** Ends it now, as interrupted or failed, unless it has ended. */
  end(id: string, outcome: Exclude<GenerationOutcome, 'completed'>): void {
    if (this.isCurrent(id)) this.complete(this.current!, outcome);
  }

  private update(id: string, change: (current: Current) => void): void {
    if (!this.isCurrent(id)) return;
    const current = this.current!;
    change(current);
    if (current.expected === undefined || current.played.size < current.expected) return;
    const nothingHeard = current.expected > 0 && current.failed.size >= current.expected;
    this.complete(current, nothingHeard ? 'failed' : 'completed');
  }

  private complete(current: Current, outcome: GenerationOutcome): void {
    current.outcome = outcome;
    this.onComplete(current.id, outcome);
  }
}
