/** One thing a model does while it answers. */
export type FakeStep =
  | { readonly say: string }
  /** A fragment of a tool call; the first one of an index brings id and name. */
  | { readonly call: { index: number; id?: string; name?: string; arguments?: string } }
  | { readonly finish: string }
  /** An SSE event of this data. */
  | { readonly chunk: unknown }
  /** Bytes as they are. */
  | { readonly raw: string }
  | { readonly error: Readonly<Record<string, unknown>> }
  | { readonly wait: Promise<unknown> }
  /** Nothing more comes, and the connection stays. */
  | { readonly stall: true }
  /** The connection breaks. */
  | { readonly die: true }
  /** The body ends, without `[DONE]`. */
  | { readonly end: true };

export type FakeReply =
  | { readonly steps: readonly FakeStep[]; readonly contentType?: string }
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Hangs up instead of answering. */
  | { readonly hangUp: true }
  /** Never sends a header. */
  | { readonly silence: true };

/** A whole answer, in these pieces. */
export function says(...pieces: string[]): FakeReply {
  return { steps: [...pieces.map((say) => ({ say })), { finish: 'stop' }] };
}

/** Tool calls, all at once, their arguments in two pieces each, interleaved as parallel calls come. */
export function calls(...tools: { name: string; arguments: unknown; id?: string }[]): FakeReply {
  const begun = tools.map(({ name, id }, index) => ({
    call: { index, id: id ?? `call_${name}`, name, arguments: '' },
  }));
  const halves = [0, 1].flatMap((half) =>
    tools.map(({ arguments: given }, index) => {
      const json = typeof given === 'string' ? given : JSON.stringify(given);
      const middle = Math.floor(json.length / 2);
      return { call: { index, arguments: half === 0 ? json.slice(0, middle) : json.slice(middle) } };
    }),
  );
  return { steps: [...begun, ...halves, { finish: 'tool_calls' }] };
}

export const rateLimited = (headers: Record<string, string> = {}): FakeReply => ({
  status: 429,
  headers,
  body: { error: { code: '429', message: 'Requests have exceeded the call rate limit of your current tier.' } },
});

export const serverError: FakeReply = {
  status: 500,
  body: { error: { message: 'The server had an error', type: 'server_error', param: null, code: null } },
};

/** As Azure OpenAI refuses a prompt. */
export const contentFiltered: FakeReply = {
  status: 400,
  body: {
    error: {
      message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      type: null,
      param: 'prompt',
      code: 'content_filter',
      status: 400,
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: { violence: { filtered: true, severity: 'medium' } },
      },
    },
  },
};

export const tooLong: FakeReply = {
  status: 400,
  body: {
    error: {
      message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
};

export const htmlPage: FakeReply = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
};
