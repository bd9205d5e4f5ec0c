import type { ChatKitError } from '../errors';
import { ApiError, NetworkError } from '../errors';
import type { MessageKey } from '../i18n';
import type { Failure } from '../state/conversation';

/** What the reader is shown of an error: the server's own words where it sent any, and whether trying again may help. */
export function failureOf(error: ChatKitError): Failure {
  const theirs = error instanceof ApiError && !OWN_WORDS.has(error.code) && !error.code.startsWith('http.');
  return {
    code: error.code,
    message: theirs ? error.message : undefined,
    allowRetry: mayPass(error),
    requestId: error.requestId,
    docUrl: error.docUrl,
  };
}

const OWN_WORDS: ReadonlyMap<string, MessageKey> = new Map([
  ['network.unreachable', 'error.unreachable'],
  ['network.lost', 'error.lost'],
  ['stream.interrupted', 'error.interrupted'],
  ['api.not_chatkit', 'error.notChatKit'],
]);

/** The element's own words for a failure the server said nothing about. */
export function failureKey({ code }: Failure): MessageKey {
  return OWN_WORDS.get(code) ?? 'error.generic';
}

/** Trying again helps when the network or the server failed, not when it refused. */
export function mayPass(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof ApiError)) return false;
  return error.status >= 500 || error.status === 408 || error.status === 429;
}
