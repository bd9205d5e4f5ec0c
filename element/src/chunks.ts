/**
 * Code that a first chat does not need, loaded when it is first asked for.
 *
 * Each file in src/chunks/ is built into one hashed file under assets/. The script is a classic one, so chunks
 * are found relative to where the script itself came from: a page elsewhere, or a mount prefix, changes nothing.
 */

/** Where chatkit.js was loaded from. `currentScript` is only known while the script runs for the first time. */
export const scriptUrl: string =
  (document.currentScript as HTMLScriptElement | null)?.src ?? document.baseURI;

const loading = new Map<string, Promise<unknown>>();

/** Whether a chunk of this name was built. */
export function hasChunk(name: string): boolean {
  return Object.hasOwn(__CHUNKS__, name);
}

/**
 * Loads the chunk built from `src/chunks/<name>.ts`, once; a failed load may be tried again.
 * The caller names the module's type: `loadChunk<typeof import('./chunks/icons')>('icons')`.
 */
export function loadChunk<Module>(name: string): Promise<Module> {
  const known = loading.get(name);
  if (known) return known as Promise<Module>;
  const path = __CHUNKS__[name];
  if (path === undefined) return Promise.reject(new Error(`There is no part named "${name}" in this build.`));
  const module = import(new URL(path, scriptUrl).href) as Promise<Module>;
  loading.set(name, module);
  module.catch(() => loading.delete(name));
  return module;
}
