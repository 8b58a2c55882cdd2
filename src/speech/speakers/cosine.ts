/** What embeddings that cannot be compared are apart, and opposite ones. */
const FARTHEST = 2;

/** From 0, the same direction, to 2; 2 if they differ in length, or one has no direction. */
export function cosineDistance(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return FARTHEST;
  let product = 0;
  for (let i = 0; i < one.length; i++) product += one[i]! * other[i]!;
  const lengths = lengthOf(one) * lengthOf(other);
  if (!(lengths > 0)) return FARTHEST;
  return 1 - Math.max(-1, Math.min(1, product / lengths));
}

/** The direction in the middle of these, which are of the same length; each counts alike. @param embeddings one at least */
export function middleOf(embeddings: readonly Float32Array[]): Float32Array {
  const middle = new Float32Array(embeddings[0]!.length);
  for (const embedding of embeddings) {
    const length = lengthOf(embedding) || 1;
    for (let i = 0; i < middle.length; i++) middle[i]! += embedding[i]! / length;
  }
  return middle;
}

function lengthOf(embedding: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < embedding.length; i++) sum += embedding[i]! ** 2;
  return Math.sqrt(sum);
}
