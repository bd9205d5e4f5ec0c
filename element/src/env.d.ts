/** Lazy chunks by name, e.g. `{"icons": "assets/icons-3QXG2A.js"}`: written by scripts/build.mjs. */
declare const __CHUNKS__: Readonly<Record<string, string>>;
/** The version in package.json. */
declare const __VERSION__: string;

interface HTMLElementTagNameMap {
  'openai-chatkit': import('@openai/chatkit').OpenAIChatKit;
}

interface Window {
  /** Present once the element is defined; published guides wait for it. */
  ChatKit?: { readonly version: string };
}
