/**
 * What can go wrong, named.
 *
 *     ChatKitError
 *     ├─ ApiError            the server answered with an error (`status` says which)
 *     ├─ NetworkError        no answer came, or it broke off
 *     ├─ OptionsError        setOptions was given something it cannot use
 *     ├─ ArgumentError       a method was given something it cannot use
 *     ├─ BusyError           an answer is being written; wait for chatkit.response.end
 *     ├─ ThreadClosedError   the thread is locked or closed
 *     ├─ ClientToolError     onClientTool is missing or failed
 *     ├─ DisconnectedError   the element left the page before it could do what was asked
 *     └─ NotSupportedError   this version of the element does not have it yet
 *
 * `chatkit.error` carries these, and the element's methods reject with them.
 */

/** What an error knows beside its message. */
export interface ErrorDetails {
  /** What caused it, when something else did. */
  cause?: unknown;
  /** The server's name for the request, to be found in its log. */
  requestId?: string | undefined;
  /** A page that explains the error. */
  docUrl?: string | undefined;
}

/** The base of all errors of the element. `code` is stable: compare with it, not with the message. */
export class ChatKitError extends Error {
  readonly code: string;
  readonly requestId: string | undefined;
  readonly docUrl: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.errorName;
    this.code = code;
    this.requestId = details.requestId;
    this.docUrl = details.docUrl;
  }

  /** Written out, because minifying renames classes. */
  static readonly errorName: string = 'ChatKitError';
}

/** The server answered with an error. `status` is the HTTP status. */
export class ApiError extends ChatKitError {
  static override readonly errorName = 'ApiError';
  readonly status: number;

  constructor(status: number, code: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.status = status;
  }
}

/** No answer came, or it broke off. */
export class NetworkError extends ChatKitError {
  static override readonly errorName = 'NetworkError';
}

/** `setOptions` was given something it cannot use. */
export class OptionsError extends ChatKitError {
  static override readonly errorName = 'OptionsError';

  /** The option's name, such as `composer.tools[0].id`. */
  readonly option: string;

  constructor({ path, given, allowed }: { path: string; given: string; allowed: string }) {
    const option = path || 'setOptions';
    super('options.invalid', `The option "${option}" was given ${given}. Allowed: ${allowed}.`);
    this.option = option;
  }
}

/** A method was given something it cannot use. Nothing was done. */
export class ArgumentError extends ChatKitError {
  static override readonly errorName = 'ArgumentError';

  constructor(name: string, given: string, allowed: string) {
    super('argument.invalid', `"${name}" was given ${given}. Allowed: ${allowed}.`);
  }
}

/** An answer is being written: wait for `chatkit.response.end`, then try again. */
export class BusyError extends ChatKitError {
  static override readonly errorName = 'BusyError';

  constructor() {
    super('busy', 'An answer is being written. Wait for the chatkit.response.end event, then try again.');
  }
}

/** The thread is locked or closed and takes no more messages. */
export class ThreadClosedError extends ChatKitError {
  static override readonly errorName = 'ThreadClosedError';

  constructor(reason: string | null | undefined) {
    super('thread.closed', reason ?? 'This thread takes no more messages.');
  }
}

/** `onClientTool` is missing, or it failed (then `cause` is what it threw). */
export class ClientToolError extends ChatKitError {
  static override readonly errorName = 'ClientToolError';
}

/** The element left the page before it could do what was asked. */
export class DisconnectedError extends ChatKitError {
  static override readonly errorName = 'DisconnectedError';

  constructor() {
    super('disconnected', 'The <openai-chatkit> element is no longer in the page.');
  }
}

/** This version of the element does not have what was asked for yet. */
export class NotSupportedError extends ChatKitError {
  static override readonly errorName = 'NotSupportedError';

  constructor(what: string) {
    super('not_supported', `This version of <openai-chatkit> does not have ${what} yet.`);
  }
}

/** The error itself when it is one of ours, else one of ours around it. */
export function asChatKitError(error: unknown): ChatKitError {
  if (error instanceof ChatKitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ChatKitError('unexpected', message, { cause: error });
}
