import { PcmSlab } from '../../audio/pcm-slab.js';
import { decodeBase64MuLaw, decodedLength } from './base64-mulaw.js';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const EVENT = bytesOf('event');
const MEDIA = bytesOf('media');
const TRACK = bytesOf('track');
const INBOUND = bytesOf('inbound');
const PAYLOAD = bytesOf('payload');
const TIMESTAMP = bytesOf('timestamp');
/** Of a timestamp; what is longer is left to the parser. */
const MAX_DIGITS = 15;

/**
 * Reads `media` frames of the usual shape from their bytes, without making objects and strings of them: an object of
 * plain strings, among them an object `media` of plain strings, in any order and with any white space. A frame in which
 * there is anything else (escapes, numbers, further objects, a name twice) is not for it, and is left to the parser.
 */
export class MediaScanner {
  /** Of the frame read last: its `track`, and its `timestamp` in ms, -1 if it had none. */
  isInbound = true;
  timestampMs = -1;
  private bytes: Uint8Array = new Uint8Array();
  private at = 0;
  /** The string read last, without its quotes. */
  private start = 0;
  private end = 0;
  private payloadStart = -1;
  private payloadEnd = -1;
  /** Payloads of a stream are all of the same length; 0 until one has been read. */
  private usualLength = 0;
  private readonly slab = new PcmSlab();

  /** The frame's audio; undefined if it is no `media` frame of the usual shape. The samples are not reused. */
  read(frame: Uint8Array): Int16Array | undefined {
    this.bytes = frame;
    this.at = 0;
    this.payloadStart = this.timestampMs = -1;
    this.isInbound = true;
    if (!this.scanMessage()) return undefined;
    const length = decodedLength(frame, this.payloadStart, this.payloadEnd);
    if (length < 0) return undefined;
    const pcm = this.slab.take(length);
    if (decodeBase64MuLaw(frame, this.payloadStart, this.payloadEnd, pcm)) return pcm;
    this.usualLength = 0;
    return undefined;
  }

  private scanMessage(): boolean {
    let isMedia = false;
    let hasMedia = false;
    if (!this.take(OPEN)) return false;
    do {
      if (!this.scanName()) return false;
      if (this.is(MEDIA)) {
        if (hasMedia || !this.scanMedia()) return false;
        hasMedia = true;
      } else if (this.is(EVENT)) {
        if (isMedia || !this.scanString() || !this.is(MEDIA)) return false;
        isMedia = true;
      } else if (!this.scanString()) {
        return false;
      }
    } while (this.take(COMMA));
    if (!this.take(CLOSE)) return false;
    this.skipSpace();
    return isMedia && hasMedia && this.at === this.bytes.length;
  }

  private scanMedia(): boolean {
    let hasTrack = false;
    if (!this.take(OPEN)) return false;
    do {
      if (!this.scanName()) return false;
      if (this.is(PAYLOAD)) {
        if (this.payloadStart >= 0 || !this.scanPayload()) return false;
      } else if (this.is(TIMESTAMP)) {
        if (this.timestampMs >= 0 || !this.scanString() || !this.readTimestamp()) return false;
      } else if (this.is(TRACK)) {
        if (hasTrack || !this.scanString()) return false;
        hasTrack = true;
        this.isInbound = this.is(INBOUND);
      } else if (!this.scanString()) {
        return false;
      }
    } while (this.take(COMMA));
    return this.payloadStart >= 0 && this.take(CLOSE);
  }

  private scanName(): boolean {
    return this.scanString() && this.take(COLON);
  }

  private scanString(): boolean {
    if (!this.take(QUOTE)) return false;
    const { bytes } = this;
    let at = this.at;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH || byte < 0x20) return false;
    }
    return this.endString(at);
  }

  /** Whether it is base64 shows when it is decoded: a quote is not in the alphabet. */
  private scanPayload(): boolean {
    if (!this.take(QUOTE)) return false;
    const usual = this.at + this.usualLength;
    const end = this.bytes[usual] === QUOTE ? usual : this.bytes.indexOf(QUOTE, this.at);
    if (end < 0 || !this.endString(end)) return false;
    this.payloadStart = this.start;
    this.payloadEnd = this.end;
    this.usualLength = this.end - this.start;
    return true;
  }

  private endString(end: number): boolean {
    this.start = this.at;
    this.end = end;
    this.at = end + 1;
    return end < this.bytes.length;
  }

  private readTimestamp(): boolean {
    const digits = this.end - this.start;
    if (digits === 0 || digits > MAX_DIGITS) return false;
    let value = 0;
    for (let at = this.start; at < this.end; at++) {
      const digit = this.bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    this.timestampMs = value;
    return true;
  }

  /** Whether the string read last is this one. */
  private is(text: Uint8Array): boolean {
    const { bytes, start } = this;
    if (this.end - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
    return true;
  }

  /** Goes past the byte, and the white space before it, if it is the next one. */
  private take(byte: number): boolean {
    this.skipSpace();
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }
}
