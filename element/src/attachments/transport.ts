import { ApiError, NetworkError } from '../errors';
import { readErrorText } from '../api/client';

/** One request with a file in it. */
export interface FileRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob | FormData;
  readonly signal: AbortSignal;
  /** Told how much is sent, from 0 to 1; not at all where the page sends requests itself. */
  readonly onProgress: (part: number) => void;
  /** The page's own `fetch`, which may sign requests and knows nothing of progress. */
  readonly fetch?: typeof fetch | undefined;
}

/** Sends a file. Resolves to the response's text; rejects with ApiError, NetworkError, or the signal's reason. */
export function sendFile(request: FileRequest): Promise<string> {
  return request.fetch ? fetchFile(request, request.fetch) : xhrFile(request);
}

async function fetchFile({ url, method, headers, body, signal }: FileRequest, send: typeof fetch): Promise<string> {
  const response = await send(url, { method, headers, body, signal }).catch((error: unknown) => {
    throw signal.aborted ? error : unreachable(url, error);
  });
  const text = await response.text();
  if (!response.ok) throw readErrorText(response.status, text, response.headers.get('X-Request-Id'));
  return text;
}

/** `fetch` does not tell how much of a body is sent; this old interface does. */
function xhrFile({ url, method, headers, body, signal, onProgress }: FileRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ lengthComputable, loaded, total }) => lengthComputable && onProgress(loaded / total);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.responseText);
      else reject(readErrorText(xhr.status, xhr.responseText, xhr.getResponseHeader('X-Request-Id')));
    };
    xhr.onerror = () => reject(unreachable(url, undefined));
    xhr.onabort = () => reject(signal.reason as Error);
    xhr.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    if (signal.aborted) reject(signal.reason as Error);
    else xhr.send(body);
  });
}

function unreachable(url: string, cause: unknown): NetworkError {
  return new NetworkError('network.unreachable', `The file could not be sent to ${new URL(url, document.baseURI).origin}.`, { cause });
}

/** Whether another try may end better: the network, a busy server, an upload that was not found in time. */
export function mayEndBetter(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429 || error.status === 408;
}
