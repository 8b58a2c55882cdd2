import { closeReason, whyRefused } from './call-problem.js';
import { encode } from './codec.js';
import { WayBack } from './way-back.js';

/** What waits longer than this is better not sent: two seconds of two legs of 16 kHz. */
const MAX_UNSENT_BYTES = 131_072;
/** A server closes what sends neither audio nor messages. */
const PING_MS = 20_000;
/** Ends that somebody wanted, or that would come again: idle, nonsense, taken over by another page, too large. */
const FINAL_CODES = [1000, 1001, 1003, 1008, 1009];
const REFUSED =
  'The server refused to listen. It may have no recogniser for this language, limit connections from one address, or not allow this page’s origin.';

/**
 * @typedef {object} ListenListener
 * @property {(message: any) => void} message of the server
 * @property {() => void} opened
 * @property {() => void} lost the connection broke; it is made again
 * @property {() => void} back
 * @property {(problem: string | undefined) => void} closed undefined: it ended as it should
 */

/** One session that listens; a connection that breaks is made again, and goes on with its conversation. */
export class ListenConnection {
  /**
   * @param {import('./api.js').Api} api
   * @param {Record<string, string>} parameters of the address; `channels` among them
   * @param {ListenListener} listener
   */
  constructor(api, parameters, listener) {
    this.api = api;
    this.parameters = parameters;
    this.listener = listener;
    this.conversationId = '';
    this.paused = false;
    /** Pauses, and ends of them, that the server has not confirmed. */
    this.unconfirmed = 0;
    this.wayBack = new WayBack(api, {
      lost: () => listener.lost(),
      connect: () => this.connect(),
      gaveUp: (problem) => this.finish(problem),
    });
    this.pings = setInterval(() => this.send({ type: 'ping' }), PING_MS);
  }

  async connect() {
    const url = await this.api.socketUrl('listen/ws', { ...this.parameters, conversation_id: this.conversationId });
    if (this.over) return this.finish(undefined);
    this.socket = new WebSocket(url);
    this.socket.onopen = () => this.onOpen();
    this.socket.onmessage = ({ data }) => this.onMessage(data);
    this.socket.onclose = ({ code, reason }) => void this.onClose(code, reason);
  }

  /** @param {number} leg 1: our side, 2: the other; counts only where there are two @param {Int16Array} pcm */
  sendAudio(leg, pcm) {
    if (this.paused || this.socket?.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > MAX_UNSENT_BYTES) return;
    const audio = new Uint8Array(encode('pcm16', pcm));
    this.socket.send(this.parameters.channels === '2' ? Uint8Array.of(leg, ...audio) : audio);
  }

  /** Nothing more leaves this page until it is taken back. @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    this.tellPause();
  }

  tellPause() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.unconfirmed++;
    this.send({ type: this.paused ? 'pause' : 'resume' });
  }

  /** Whether what the server says of a pause answers this page. */
  awaitsPause() {
    return this.unconfirmed > 0 && this.unconfirmed-- > 0;
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** The server understands the last words, and closes. */
  end() {
    this.over = true;
    if (this.wayBack.cancel() || !this.socket) this.finish(undefined);
    else if (this.socket.readyState === WebSocket.OPEN) this.send({ type: 'end' });
    else if (this.socket.readyState === WebSocket.CONNECTING) this.socket.close();
  }

  onOpen() {
    // The server's new session knows nothing of it; and not before any audio.
    this.unconfirmed = 0;
    if (this.paused) this.tellPause();
    if (this.wayBack.arrived()) return this.listener.back();
    this.opened = true;
    this.listener.opened();
  }

  onMessage(text) {
    if (text === 'ping') return;
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message.type === 'conversation_session' && message.status === 'in_progress')
      this.conversationId = message.conversation_id;
    this.listener.message(message);
  }

  async onClose(code, reason) {
    if (this.over) return this.finish(undefined);
    if (!this.opened) return this.finish(await whyRefused(this.api, REFUSED));
    if (FINAL_CODES.includes(code)) return this.finish(reasonOf(code, reason));
    await this.wayBack.begin(closeReason(code));
  }

  finish(problem) {
    if (this.finished) return;
    this.finished = true;
    clearInterval(this.pings);
    this.listener.closed(problem);
  }
}

function reasonOf(code, reason) {
  if (reason === 'taken_over') return 'Another page goes on with this conversation.';
  if (code === 1001) return 'Nothing was sent for too long.';
  return closeReason(code);
}
