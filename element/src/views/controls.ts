import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';

import type { OwnIcon } from '../icons/core';
import { icon } from '../icons/icon';

export interface IconButton {
  readonly icon: OwnIcon | (string & {});
  /** Its name for assistive technology, and its tooltip. */
  readonly label: string;
  readonly onClick: (event: Event) => void;
  readonly part?: string;
  /** Only for buttons that are on or off. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

/** A button that is an icon. */
export function iconButton({ icon: name, label, onClick, part, pressed, disabled = false }: IconButton): TemplateResult {
  return html`<button
    type="button"
    class="icon-button"
    part=${ifDefined(part)}
    aria-label=${label}
    title=${label}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)}
    ?disabled=${disabled}
    @click=${onClick}
  >
    ${icon(name)}
  </button>`;
}
