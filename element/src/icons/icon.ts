import { noChange } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import { directive } from 'lit/directive.js';

import { loadChunk } from '../chunks';
import type { Icon, OwnIcon } from './core';
import { coreIcons } from './core';

const SVG = 'http://www.w3.org/2000/svg';

class IconDirective extends AsyncDirective {
  #name: string | undefined;

  override render(name: string): unknown {
    if (name === this.#name) return noChange;
    this.#name = name;
    const icon = Object.hasOwn(coreIcons, name) && coreIcons[name];
    if (icon) return draw(icon);
    void loadIcon(name).then((loaded) => {
      if (this.isConnected && this.#name === name) this.setValue(draw(loaded));
    });
    // Its place is kept, so that nothing moves when it arrives.
    return draw({ shapes: [] });
  }
}

const iconDirective = directive(IconDirective);

/** An icon by the name options use, or one of the element's own. Decorative: the control around it has the label. */
export function icon(name: OwnIcon | (string & {})): unknown {
  return iconDirective(name);
}

async function loadIcon(name: string): Promise<Icon> {
  try {
    const { icons, unknownIcon } = await loadChunk<typeof import('../chunks/icons')>('icons');
    const known = icons as Readonly<Record<string, Icon>>;
    return (Object.hasOwn(known, name) ? known[name] : undefined) ?? unknownIcon;
  } catch {
    return { shapes: [] };
  }
}

function draw({ shapes, filled = false }: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', filled ? 'icon icon-filled' : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
    svg.append(shape);
  }
  return svg;
}
