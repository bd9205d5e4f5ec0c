/** What is known of a refused session besides its message. */
export interface SessionDetails {
  /** HTTP status; none where no answer came. */
  status?: number | undefined;
  /** Whether the same may work later. */
  retry?: boolean;
  /** Seconds that the server asks to wait. */
  retryAfter?: number | undefined;
  /** A page that explains the error. */
  docUrl?: string | undefined;
  /** The server's name for the request, to be found in its log. */
  requestId?: string | undefined;
  /** OpenAI's name for it. */
  upstreamRequestId?: string | undefined;
  cause?: unknown;
}

/** No session could be had. `code` is the server's (see its page), or `offline`, `unreachable`, `no_secret`. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: string;
  readonly status: number | undefined;
  readonly retry: boolean;
  readonly retryAfter: number | undefined;
  readonly docUrl: string | undefined;
  readonly requestId: string | undefined;
  readonly upstreamRequestId: string | undefined;

  constructor(code: string, message: string, details: SessionDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retry = details.retry ?? false;
    this.retryAfter = details.retryAfter;
    this.docUrl = details.docUrl;
    this.requestId = details.requestId;
    this.upstreamRequestId = details.upstreamRequestId;
  }
}
