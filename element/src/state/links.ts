const OPENABLE: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * The address, when it is one a reader may open; `undefined` for `javascript:` and the like. What servers and documents
 * send is never trusted to be harmless. Relative addresses are: they stay on this site.
 */
export function openableHref(url: string | undefined): string | undefined {
  const anywhere = 'https://page.invalid';
  if (url === undefined || !URL.canParse(url, anywhere)) return undefined;
  return OPENABLE.has(new URL(url, anywhere).protocol) ? url : undefined;
}

/** Where an address leads that came from `server`: relative ones are relative to it, not to the page they are shown on. */
export function absoluteHref(url: string, server: string): string {
  return !URL.canParse(url) && URL.canParse(url, server) ? new URL(url, server).href : url;
}

/** The name and values of a link of the chat's own: `chatkit-link://ask?text=Hello` is `ask`, `{text: 'Hello'}`. */
export function parseChatLink(href: string): { name: string; data: Record<string, string> } | undefined {
  const [, name, query = ''] = /^chatkit-link:\/\/([^?#/]+)\/?(?:\?([^#]*))?/i.exec(href) ?? [];
  if (name === undefined) return undefined;
  return { name, data: Object.fromEntries(new URLSearchParams(query)) };
}
