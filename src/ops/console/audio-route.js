/**
 * @typedef {object} Stream Audio without a break: a generation, or what is left of it after a false barge-in.
 * @property {number} number
 * @property {string} generationId
 * @property {number} startMs where in the generation's audio it begins
 */

/**
 * Knows to which generation the binary frames belong, and which of them are to be played. Frames on their way when the
 * server cleared are stale; a generation that was cleared is heard again only if the server starts its audio anew
 * (the interruption was a noise), and never once it is complete.
 */
export class AudioRoute {
  constructor() {
    /** @type {Stream | undefined} where frames go now */
    this.open = undefined;
    /** @type {Stream | undefined} */
    this.last = undefined;
    /** @type {Map<string, number>} how much of a cleared generation was heard, ms */
    this.cleared = new Map();
    /** @type {Set<string>} */
    this.complete = new Set();
    this.streams = 0;
  }

  /**
   * @param {{ type: string, generation_id?: string, heard_ms?: number, outcome?: string }} event of the server
   * @returns {'clear' | 'flush' | undefined} what the player has to do
   */
  apply(event) {
    const id = event.generation_id;
    switch (event.type) {
      case 'audio_stream_start':
        this.start(id);
        return undefined;
      case 'audio_stream_stop':
        if (this.open?.generationId !== id) return undefined;
        this.open = undefined;
        return 'flush';
      case 'audio_clear':
        this.cleared.set(id, event.heard_ms);
        if (this.last && this.last.generationId !== id) return undefined;
        this.open = this.last = undefined;
        return 'clear';
      case 'generation_complete':
        return this.finish(id, event.outcome);
      default:
        return undefined;
    }
  }

  /** The connection is gone: nothing more comes of what was open. */
  lose() {
    this.open = this.last = undefined;
  }

  start(generationId) {
    if (this.complete.has(generationId)) {
      this.open = undefined;
      return;
    }
    if (this.last?.generationId !== generationId) {
      this.last = { number: ++this.streams, generationId, startMs: this.cleared.get(generationId) ?? 0 };
    }
    this.open = this.last;
  }

  finish(generationId, outcome) {
    this.complete.add(generationId);
    this.cleared.delete(generationId);
    if (this.open?.generationId === generationId) this.open = undefined;
    if (outcome !== 'interrupted' || this.last?.generationId !== generationId) return undefined;
    this.last = undefined;
    return 'clear';
  }

  /**
   * What to report to the server; undefined for a stream that is over.
   * @param {number} streamNumber @param {number} playedMs of the stream
   */
  position(streamNumber, playedMs) {
    if (this.last?.number !== streamNumber || this.complete.has(this.last.generationId)) return undefined;
    return { generation_id: this.last.generationId, played_ms: Math.round(this.last.startMs + playedMs) };
  }
}
