/** What a view of Markdown needs from the element around it. */
export interface MarkdownOptions {
  /** A `chatkit-link:` was clicked; the browser does not follow it. */
  onLink(href: string, event: MouseEvent): void;
  /** Loads the part that colours code; called when the first finished code block with a language is shown. */
  loadHighlighter(): Promise<Highlighter>;
  /** Without it formulas are shown as they are written. */
  readonly typesetting?: Typesetting;
  /** Puts text on the clipboard; false where the browser does not allow it. */
  copy(text: string): Promise<boolean>;
  /** Where an address leads; by default relative ones are relative to the page. */
  readonly resolve?: (address: string) => string;
  /** Whether an image may be loaded; others become links. By default those of the page's own origin may. */
  allowImage?(url: string): boolean;
  /** What the button that copies a block of code says, and what it says when that is done. */
  readonly copyLabel: string;
  readonly copiedLabel: string;
}

/** Sets formulas, once it is there. */
export interface Typesetting {
  /** The part that does it; null until it is loaded. */
  readonly current: Typesetter | null;
  /** Loads it; called when the first formula is shown. */
  load(): Promise<unknown>;
}

export interface Typesetter {
  /** To be adopted by the shadow root in which formulas are. */
  readonly styleSheet: CSSStyleSheet;
  /** A formula as nodes; null where it is none. */
  typeset(tex: string, display: boolean): Node | null;
}

/** Colours code. */
export interface Highlighter {
  /** The code as text and spans with classes; null for a language it does not know. */
  highlight(code: string, language: string): Promise<DocumentFragment | null>;
}
