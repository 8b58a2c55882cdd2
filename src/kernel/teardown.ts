/** One thing that is given back. */
export type Ending = () => unknown;

/** Whatever fails on the way, all the others give back what they have: one after the other, in order. Never rejects. */
export async function endInOrder(endings: readonly Ending[], onProblem: (error: unknown) => void): Promise<void> {
  for (const end of endings) {
    try {
      await end();
    } catch (error) {
      onProblem(error);
    }
  }
}
