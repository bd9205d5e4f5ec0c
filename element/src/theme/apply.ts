import type { FontObject, ThemeOption } from '@openai/chatkit';

import { schemeOf, themeProperties } from './theme';

/**
 * Writes a theme into a stylesheet of its own. Values are set one by one through the CSS object model, so a value
 * that is no CSS is ignored and none can bring a rule of its own; and rules of the page for the element still win.
 */
export class ThemeSheet {
  readonly sheet = new CSSStyleSheet();
  readonly #fonts = new Map<string, FontFace>();
  #applied = '';

  /** Applies the theme; costs nothing when it says what the last one said. */
  apply(theme: ThemeOption): void {
    const wanted = JSON.stringify(theme);
    if (wanted === this.#applied) return;
    this.#applied = wanted;
    this.sheet.replaceSync(':host{}');
    const { style } = this.sheet.cssRules[0] as CSSStyleRule;
    style.setProperty('color-scheme', schemeOf(theme));
    for (const [name, value] of Object.entries(themeProperties(theme))) style.setProperty(name, value);
    this.#loadFonts(theme.typography?.fontSources ?? []);
  }

  /** Removes the fonts it added to the document. */
  dispose(): void {
    this.#loadFonts([]);
    this.#applied = '';
  }

  /** Fonts belong to documents, not to shadow roots: they are added there, and removed when no longer wanted. */
  #loadFonts(sources: readonly FontObject[]): void {
    const wanted = new Map(sources.map((source) => [JSON.stringify(source), source]));
    for (const [key, face] of this.#fonts) {
      if (wanted.has(key)) continue;
      document.fonts.delete(face);
      this.#fonts.delete(key);
    }
    for (const [key, source] of wanted) {
      if (this.#fonts.has(key)) continue;
      const face = fontFace(source);
      this.#fonts.set(key, face);
      document.fonts.add(face);
    }
  }
}

function fontFace({ family, src, weight, style, display, unicodeRange }: FontObject): FontFace {
  return new FontFace(family, `url(${JSON.stringify(src)})`, {
    ...(weight !== undefined && { weight: String(weight) }),
    ...(style && { style }),
    ...(display && { display }),
    ...(unicodeRange && { unicodeRange }),
  });
}
