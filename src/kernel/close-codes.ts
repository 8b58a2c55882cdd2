/** WebSocket close codes that Parley sends, on every route. */
export const CloseCode = {
  /** The conversation ended normally. */
  Ended: 1000,
  /** Nothing was heard or said for too long. */
  Idle: 1001,
  /** A frame that cannot be understood. */
  Malformed: 1003,
  /** The client broke a rule of the protocol. */
  Policy: 1008,
  /** A frame above 64 KiB. */
  TooLarge: 1009,
  /** Parley or a provider failed. */
  Internal: 1011,
  /** The server restarts: call again. */
  Restart: 1012,
  /** The client does not read as fast as it is spoken to. */
  SlowClient: 1013,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
