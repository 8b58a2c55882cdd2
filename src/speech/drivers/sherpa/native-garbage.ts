/** Streams with their states take megabytes each. */
const COLLECT_AFTER = 8;

/**
 * Native memory is freed when its JavaScript object is collected, which the engine, seeing a few small objects, puts off
 * for hundreds of utterances. Here it is done after every eighth; it takes 2 ms.
 */
export class NativeGarbage {
  private dropped = 0;

  /** An object with native memory is no longer in use. */
  drop(): void {
    if (++this.dropped < COLLECT_AFTER) return;
    this.dropped = 0;
    setImmediate(() => globalThis.gc?.());
  }
}
