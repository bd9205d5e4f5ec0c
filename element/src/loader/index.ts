/**
 * /loader.js: `<script src="/loader.js" data-mode="auto"></script>`, or `Teahouse.load({…})` after `data-manual`.
 *
 * It knows nothing of the element, and nothing of it is needed for the element: a page may load chatkit.js by itself.
 */
import type { SecretOptions } from './client-secret';
import { clientSecret } from './client-secret';
import type { LoaderOptions, Mode } from './loader';
import { Loader } from './loader';
import { LoadProblem } from './problems';
import { SessionError } from './session-error';

const script = document.currentScript as HTMLScriptElement | null;
/** The server: where this script came from. */
const base = new URL('.', script?.src ?? document.baseURI).href;

function load(options: LoaderOptions = {}): Loader {
  const loader = new Loader(options, base);
  void loader.load();
  return loader;
}

const api = {
  load,
  clientSecret: (options: Partial<SecretOptions> = {}) =>
    clientSecret({ ...options, url: options.url ?? new URL('api/chatkit/session', base).href }),
  LoadProblem,
  SessionError,
  version: __VERSION__,
  /** The loader that the script tag has begun. */
  loader: null as Loader | null,
};

Object.assign(window, { Teahouse: api });

if (script && !('manual' in script.dataset)) {
  const begin = () => (api.loader = load(optionsOf(script.dataset)));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
  else begin();
}

/** What a script tag says in `data-` attributes. */
function optionsOf({ mode, target, options, session, domainKey, timeout, locale, officialUrl }: DOMStringMap): LoaderOptions {
  return {
    mode: isMode(mode) ? mode : undefined,
    target,
    options: options === 'page' ? 'page' : undefined,
    session: session && new URL(session, document.baseURI).href,
    domainKey,
    timeout: Number(timeout) > 0 ? Number(timeout) : undefined,
    locale: locale ?? (document.documentElement.lang || undefined),
    officialUrl,
  };
}

function isMode(mode: string | undefined): mode is Mode {
  return mode === 'own' || mode === 'official' || mode === 'auto';
}
