import { isOwnImage, safeImage } from '../markdown';
import type { Ui } from './ui';

/** Where the picture is, if it may be loaded: a safe scheme, and a host that somebody vouches for. */
export function imageAddress(url: string, ui: Ui): string | undefined {
  const address = safeImage(url);
  if (address === undefined) return undefined;
  const absolute = ui.address(address);
  return allowsImage(absolute, ui) ? absolute : undefined;
}

/** Whether an image may be loaded: from the page's own origin, the chat server's, or a host the thread's server names. */
export function allowsImage(url: string, { address, state }: Ui): boolean {
  if (isOwnImage(url)) return true;
  if (!URL.canParse(url)) return false;
  const { origin, hostname } = new URL(url);
  if (origin === originOf(address('/'))) return true;
  const domains = state.conversation.thread?.allowed_image_domains ?? [];
  return domains.some((domain) => isWithin(hostname, domain.toLowerCase().replace(/^\*\./, '')));
}

function isWithin(hostname: string, domain: string): boolean {
  return domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`));
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
