/** Loads a script that defines a custom element, within a time limit. */
import { LoadProblem } from './problems';

/** After a script ran, how long the element may still take to be defined, in ms. */
const DEFINITION_LIMIT = 2000;

export interface Wanted {
  readonly url: string;
  /** The element that the script defines. */
  readonly tag: string;
  /** In ms, for everything together. */
  readonly limit: number;
  /** Attributes of the script tag. */
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Resolves once the element is defined, however that came about.
 *
 * Rejects with a {@link LoadProblem}: `script_blocked`, `script_late`, `element_not_defined` or `offline`. The script tag
 * is taken away then, so that another try loads it anew.
 */
export function loadElement({ url, tag, limit, data = {} }: Wanted): Promise<void> {
  return new Promise((resolve, reject) => {
    if (customElements.get(tag)) {
      resolve();
      return;
    }
    const script = document.createElement('script');
    const settle = (problem?: LoadProblem) => {
      clearTimeout(timer);
      if (problem) {
        script.remove();
        reject(problem);
      } else resolve();
    };
    let timer = setTimeout(() => settle(new LoadProblem('script_late')), limit);
    script.addEventListener('error', () => settle(new LoadProblem(navigator.onLine ? 'script_blocked' : 'offline')));
    script.addEventListener('load', () => {
      clearTimeout(timer);
      timer = setTimeout(() => settle(new LoadProblem('element_not_defined')), DEFINITION_LIMIT);
    });
    void customElements.whenDefined(tag).then(() => settle());
    Object.assign(script.dataset, data);
    script.async = true;
    script.src = url;
    document.head.append(script);
  });
}
