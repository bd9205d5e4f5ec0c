/** What browsers have and jsdom does not, as far as the element needs it to be drawn. Nothing here has behaviour. */
class NoObserver {
  observe(): void {
    // Nothing is ever resized or scrolled into sight here.
  }
  unobserve(): void {
    // See observe.
  }
  disconnect(): void {
    // See observe.
  }
}

Object.assign(globalThis, { CSS: { supports: () => true } });
Object.assign(globalThis, { ResizeObserver: NoObserver, IntersectionObserver: NoObserver });
window.matchMedia = (media) => Object.assign(new EventTarget(), { media, matches: false }) as unknown as MediaQueryList;
Element.prototype.scrollTo = () => undefined;

/** A stylesheet keeps the properties set on its one rule; jsdom can neither construct nor adopt stylesheets. */
class FakeStyleSheet {
  readonly cssRules = [{ style: document.createElement('div').style }];
  replaceSync(): void {
    this.cssRules[0] = { style: document.createElement('div').style };
  }
}

Object.assign(globalThis, { CSSStyleSheet: FakeStyleSheet });
const adopted = new WeakMap<ShadowRoot, unknown[]>();
Object.defineProperty(ShadowRoot.prototype, 'adoptedStyleSheets', {
  get(this: ShadowRoot) {
    if (!adopted.has(this)) adopted.set(this, []);
    return adopted.get(this);
  },
  set(this: ShadowRoot, sheets: unknown[]) {
    adopted.set(this, sheets);
  },
});

// Tests run Lit's development build on purpose: it warns of updates that cause updates. Of itself it need not warn.
Object.assign(globalThis, { litIssuedWarnings: new Set(['dev-mode']) });
