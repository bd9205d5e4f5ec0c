/** Which addresses of an answer may become links and images. The text of a model is never trusted. */

const linkSchemes = new Set(['http', 'https', 'mailto', 'tel', 'chatkit-link']);
const imageSchemes = new Set(['http', 'https', 'blob']);
const imageData = /^data:image\/(?:png|jpeg|gif|webp)[;,]/i;

/** The address as it may stand in `href`; undefined where it may not, and the link's text is shown as text. */
export function safeLink(address: string): string | undefined {
  const url = asParsed(address);
  return isRelative(url) || linkSchemes.has(scheme(url)) ? url : undefined;
}

/** The address as it may stand in `src`; undefined where it may not. Whether it is wanted is up to `allowImage`. */
export function safeImage(address: string): string | undefined {
  const url = asParsed(address);
  return isRelative(url) || imageSchemes.has(scheme(url)) || imageData.test(url) ? url : undefined;
}

/** Whether a link leads to the page's own application: it is not followed but reported. */
export function isDeepLink(url: string): boolean {
  return scheme(url) === 'chatkit-link';
}

/** Whether a safe link leads to another site. */
export function isExternal(url: string): boolean {
  return /^https?:/i.test(url) && URL.canParse(url) && originOf(url) !== location.origin;
}

/** The host of an address on another site, as it is to be shown. */
export function hostOf(url: string): string | undefined {
  return isExternal(url) ? new URL(url).host : undefined;
}

/** The default of `allowImage`: images of the page's own origin, and those that are in the text itself. */
export function isOwnImage(url: string): boolean {
  return scheme(url) === 'data' || originOf(url) === location.origin;
}

/** Takes away what the URL parser takes away, so that `java\nscript:` is judged as what it will become. */
function asParsed(address: string): string {
  return address.replace(/[\t\n\r]/g, '').replace(/^[\0- ]+|[\0- ]+$/g, '');
}

/** A path, a query or a fragment. Not `//host`, nor with the backslashes that browsers read as slashes. */
function isRelative(url: string): boolean {
  return !/^[^/?#]*:/.test(url) && !/^(?:\\|\/[\\/])/.test(url);
}

function scheme(url: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
}

function originOf(url: string): string | undefined {
  try {
    return new URL(url, location.href).origin;
  } catch {
    return undefined;
  }
}
