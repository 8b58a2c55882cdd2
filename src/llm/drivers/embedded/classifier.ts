/** A sentence as tokens, and the intent it stands for. */
export interface Example {
  readonly tokens: readonly string[];
  readonly label: string;
}

export interface Classification {
  readonly label: string;
  /** 0 to 1: the probability of the label, less the more words were never seen in training. */
  readonly score: number;
}

/**
 * Which intent a sentence is about: softmax regression on TF-IDF of stems and of pairs of stems, times how much of the
 * sentence is in the vocabulary (without that factor, sentences about anything else are accepted). Training is
 * full-batch from zero weights, so that the same examples always make the same classifier.
 */
export class Classifier {
  private readonly labels: readonly string[];
  private readonly features = new Map<string, { index: number; idf: number }>();
  /** Feature by feature, one weight per label. */
  private readonly weights: Float64Array;
  private readonly highestIdf: number;

  constructor(examples: readonly Example[]) {
    this.labels = [...new Set(examples.map(({ label }) => label))];
    const documents = examples.map(({ tokens }) => featuresOf(tokens));
    const frequency = new Map<string, number>();
    for (const document of documents)
      for (const name of new Set(document)) frequency.set(name, (frequency.get(name) ?? 0) + 1);
    for (const [name, count] of frequency) {
      this.features.set(name, { index: this.features.size, idf: Math.log((1 + documents.length) / count) });
    }
    this.highestIdf = Math.log(1 + documents.length);
    this.weights = new Float64Array(this.features.size * this.labels.length);
    this.train(
      documents.map((document) => this.vector(document)),
      examples.map(({ label }) => this.labels.indexOf(label)),
    );
  }

  /** Best first; empty when no word is known. */
  classify(tokens: readonly string[]): Classification[] {
    const vector = this.vector(featuresOf(tokens));
    if (vector.length === 0) return [];
    const coverage = this.coverage(tokens);
    const probabilities = this.probabilities(vector);
    return this.labels
      .map((label, index) => ({ label, score: probabilities[index]! * coverage }))
      .sort((a, b) => b.score - a.score);
  }

  private train(vectors: readonly Vector[], targets: readonly number[]): void {
    const rate = 8;
    const decay = 1e-4;
    for (let epoch = 0; epoch < 40; epoch += 1) {
      const gradient = new Float64Array(this.weights.length);
      for (const [sample, vector] of vectors.entries()) {
        const errors = this.probabilities(vector);
        errors[targets[sample]!]! -= 1;
        for (const { index, value } of vector) {
          const row = index * this.labels.length;
          for (const [label, error] of errors.entries()) gradient[row + label]! += value * error;
        }
      }
      const step = rate / Math.sqrt(vectors.length);
      for (const [index, slope] of gradient.entries()) {
        this.weights[index]! -= step * slope + decay * this.weights[index]!;
      }
    }
  }

  private probabilities(vector: Vector): Float64Array {
    const scores = new Float64Array(this.labels.length);
    for (const { index, value } of vector) {
      const row = index * this.labels.length;
      for (let label = 0; label < scores.length; label += 1) scores[label]! += value * this.weights[row + label]!;
    }
    const highest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** Unit length, so that long sentences do not outweigh short ones. */
  private vector(names: readonly string[]): Vector {
    const counts = new Map<string, number>();
    for (const name of names) if (this.features.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    const raw = [...counts].map(([name, count]) => {
      const { index, idf } = this.features.get(name)!;
      return { index, value: count * idf };
    });
    const length = Math.hypot(...raw.map(({ value }) => value)) || 1;
    return raw.map(({ index, value }) => ({ index, value: value / length }));
  }

  /** Rare words count more: not to know "mortgage" says more than not to know "the". */
  private coverage(tokens: readonly string[]): number {
    let known = 0;
    let all = 0;
    for (const token of tokens) {
      const feature = this.features.get(stem(token));
      const weight = feature?.idf ?? (FUNCTION_WORDS.has(token) ? 1 : this.highestIdf);
      all += weight;
      if (feature) known += weight;
    }
    return all === 0 ? 0 : known / all;
  }
}

type Vector = readonly { readonly index: number; readonly value: number }[];

const FUNCTION_WORDS = new Set(
  (
    'a an the of to in on at for with and or but is are was were be been do does did have has had i you he she it we they me my ' +
    'your this that these those there here what which who when where how why can could will would should may might not if as by ' +
    'from about some any all so too very now then again also him her them our us am'
  ).split(' '),
);

function featuresOf(tokens: readonly string[]): string[] {
  const stems = tokens.map(stem);
  const padded = ['<', ...stems, '>'];
  return [...stems, ...padded.slice(1).map((word, index) => `${padded[index]} ${word}`)];
}

/** Cuts the commonest English endings; both sides are cut alike, so it need not make real words. */
export function stem(word: string): string {
  if (word.length <= 3 || word.startsWith('#')) return word;
  const base = word
    .replace(/(?:ies)$/, 'y')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(?:ing|ed)$/, '');
  const stemmed = base.length < 3 ? word : base;
  return stemmed.replace(/([^aeiouls])\1$/, '$1').replace(/e$/, '');
}
